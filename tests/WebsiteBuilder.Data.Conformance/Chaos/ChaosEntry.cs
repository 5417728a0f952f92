using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>A write in a node's log.</summary>
/// <param name="Sequence">Its place.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The write's number.</param>
/// <param name="Timeline">Where it was made.</param>
internal readonly record struct ChaosEntry(long Sequence, int Key, long Value, int Timeline)
{
    public static async Task<IReadOnlyList<ChaosEntry>> ReadAsync(LocalNode node)
    {
        await using var connection = await Sql.OpenAsync(node.DirectConnectionString());
        await using var command = new NpgsqlCommand("SELECT seq, id, value, timeline FROM chaos_log ORDER BY seq", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var entries = new List<ChaosEntry>();
        while (await reader.ReadAsync())
        {
            entries.Add(new ChaosEntry(reader.GetInt64(0), (int)reader.GetInt64(1), reader.GetInt64(2), reader.GetInt32(3)));
        }

        return entries;
    }
}

/// <summary>The promotions that led to a node's log, as the node tells them.</summary>
/// <param name="Switches">For each former timeline the position up to which it counts.</param>
/// <param name="Names">The timelines of histories, by their ids.</param>
/// <param name="Present">The one that it is on.</param>
internal sealed record ChaosTimelines(IReadOnlyDictionary<long, ulong> Switches, IReadOnlyDictionary<uint, long> Names, long Present)
{
    /// <summary>The timeline of a primary.</summary>
    public static async Task<long> OfAsync(LocalNode primary) => await Sql.ScalarAsync<int>(
        primary.DirectConnectionString(), "SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int");

    public static async Task<ChaosTimelines> ReadAsync(LocalNode node)
    {
        var file = await Sql.ScalarAsync<string>(
            node.AdminConnectionString(), "SELECT pg_read_file('pg_wal/' || max(name)) FROM pg_ls_waldir() WHERE name LIKE '%.history'") ?? "";
        var switches = file.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split('\t'))
            .ToDictionary(static fields => long.Parse(fields[0], System.Globalization.CultureInfo.InvariantCulture), static fields => (ulong)NpgsqlTypes.NpgsqlLogSequenceNumber.Parse(fields[1]));
        var names = new Dictionary<uint, long>();
        await using var connection = await Sql.OpenAsync(node.DirectConnectionString());
        await using var command = new NpgsqlCommand("SELECT id, timeline FROM wbd.history", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            names.Add((uint)reader.GetInt64(0), reader.GetInt64(1));
        }

        return new ChaosTimelines(switches, names, await OfAsync(node));
    }
}
