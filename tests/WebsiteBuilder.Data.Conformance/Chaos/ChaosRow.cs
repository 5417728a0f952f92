namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>A row whose every write is told apart by its value.</summary>
/// <param name="Id">The key.</param>
/// <param name="Value">The number of the write that left it behind; 0 for what was there at the beginning.</param>
/// <param name="Version">Counted by the library.</param>
public sealed record ChaosRow(long Id, long Value, long Version = 0)
{
    /// <summary>The cluster's name, which is the shard's and the territory's.</summary>
    public const string Shard = "chaos";

    /// <summary>
    /// The log is written by the writes themselves, while they hold their row, so its order per key is the order of the commits; it says on which timeline they were
    /// made, and goes with them if a promotion loses them.
    /// </summary>
    public const string Schema =
        """
        CREATE TABLE chaos (id bigint PRIMARY KEY, value bigint NOT NULL, version bigint NOT NULL);
        CREATE TABLE chaos_log (seq bigserial PRIMARY KEY, id bigint NOT NULL, value bigint NOT NULL, timeline int NOT NULL);
        CREATE FUNCTION chaos_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO chaos_log (id, value, timeline)
            VALUES (NEW.id, NEW.value, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int);
            RETURN NULL;
        END
        $$;
        CREATE TRIGGER chaos_log AFTER INSERT OR UPDATE ON chaos FOR EACH ROW WHEN (NEW.value > 0) EXECUTE FUNCTION chaos_log();
        """;

    public static EntityMap<ChaosRow, long> Map { get; } = EntityMap.Create<ChaosRow, long>("chaos", static row => row.Id, static map =>
    {
        map.StoredIn(Shard);
        var id = map.Key("id", static row => row.Id, static key => key);
        var value = map.Column("value", static row => row.Value);
        var version = map.Version("version", static row => row.Version);
        return row => new ChaosRow(row.Get(id), row.Get(value), row.Get(version));
    });
}
