namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>A row whose every write is told apart by its value.</summary>
/// <param name="Id">The key.</param>
/// <param name="Value">The number of the write that left it behind; 0 for what was there at the beginning.</param>
/// <param name="Version">Counted by the library.</param>
public sealed record Judged(long Id, long Value, long Version = 0);

/// <summary>How it is stored, and the log of what really happened to it.</summary>
public static class JudgedMap
{
    /// <summary>
    /// The log is written by the writes themselves, while they hold their row, so its order per key is the order of the commits.
    /// </summary>
    public const string Schema =
        """
        CREATE TABLE judged (id bigint PRIMARY KEY, value bigint NOT NULL, version bigint NOT NULL);
        CREATE TABLE judged_log (seq bigserial PRIMARY KEY, id bigint NOT NULL, value bigint, at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE FUNCTION judged_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO judged_log (id, value) VALUES (coalesce(NEW.id, OLD.id), NEW.value);
            RETURN NULL;
        END
        $$;
        CREATE TRIGGER judged_log AFTER INSERT OR UPDATE OR DELETE ON judged FOR EACH ROW EXECUTE FUNCTION judged_log();
        """;

    public static EntityMap<Judged, long> Map { get; } = EntityMap.Create<Judged, long>("judged", static row => row.Id, static map =>
    {
        map.StoredIn("americas");
        var id = map.Key("id", static row => row.Id, static key => key);
        var value = map.Column("value", static row => row.Value);
        var version = map.Version("version", static row => row.Version);
        return row => new Judged(row.Get(id), row.Get(value), row.Get(version));
    });

    public static EntityColumn<Judged, long> Id => (EntityColumn<Judged, long>)Map.Columns[0];
}
