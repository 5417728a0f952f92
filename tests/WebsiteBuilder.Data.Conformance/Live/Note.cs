namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>The entity of live tests.</summary>
public sealed record Note(long Id, string Text)
{
    public const string CreateTable = "CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL, version bigint NOT NULL DEFAULT 1)";

    public static EntityMap<Note, long> Map { get; } = EntityMap.Create<Note, long>("notes", static note => note.Id, static map =>
    {
        var id = map.Key("id", static note => note.Id, static key => key);
        var text = map.Column("text", static note => note.Text);
        var version = map.Version("version", static note => note.Version);
        return row => new Note(row.Get(id), row.Get(text)) { Version = row.Get(version) };
    });

    public long Version { get; init; }
}
