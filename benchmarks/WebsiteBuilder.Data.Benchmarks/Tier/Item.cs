namespace WebsiteBuilder.Data.Benchmarks.Tier;

/// <summary>The entity of all comparisons: about 100 bytes in four columns.</summary>
internal sealed record Item(long Id, string Name, string Body)
{
    public const int Rows = 200_000;

    public const string CreateTable =
        """
        CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL, body text NOT NULL, version bigint NOT NULL DEFAULT 1) WITH (fillfactor = 50);
        INSERT INTO item (id, name, body) SELECT i, md5(i::text), md5('a' || i) || md5('b' || i) FROM generate_series(0, 199999) AS i;
        """;

    public const string Find = "SELECT id, name, body, version FROM item WHERE id = $1";

    public const string FindMany = "SELECT id, name, body, version FROM item WHERE id = ANY ($1)";

    public const string Update = "UPDATE item SET name = $1, body = $2, version = version + 1 WHERE id = $3 RETURNING version";

    public static EntityMap<Item, long> Map { get; } = EntityMap.Create<Item, long>("item", static item => item.Id, static map =>
    {
        var id = map.Key("id", static item => item.Id, static key => key);
        var name = map.Column("name", static item => item.Name);
        var body = map.Column("body", static item => item.Body);
        var version = map.Version("version", static item => item.Version);
        return row => new Item(row.Get(id), row.Get(name), row.Get(body)) { Version = row.Get(version) };
    });

    public long Version { get; init; }
}
