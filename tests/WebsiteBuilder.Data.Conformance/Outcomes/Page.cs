namespace WebsiteBuilder.Data.Conformance.Outcomes;

/// <summary>An entity whose key is a text, so that every write of it can be recognised on the wire.</summary>
public sealed record Page(string Id, string Text)
{
    public const string CreateTable = "CREATE TABLE pages (id text PRIMARY KEY, text text NOT NULL, version bigint NOT NULL DEFAULT 1)";

    public static EntityMap<Page, string> Map { get; } = EntityMap.Create<Page, string>("pages", static page => page.Id, static map =>
    {
        var id = map.Key("id", static page => page.Id, static key => key);
        var text = map.Column("text", static page => page.Text);
        var version = map.Version("version", static page => page.Version);
        return row => new Page(row.Get(id), row.Get(text)) { Version = row.Get(version) };
    });

    public long Version { get; init; }
}
