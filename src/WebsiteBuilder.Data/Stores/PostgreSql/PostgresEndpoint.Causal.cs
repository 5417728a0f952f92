using System.Globalization;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The part that tells transactions apart, by their 64-bit ids.</summary>
internal sealed partial class PostgresEndpoint : ICausalStore
{
    /// <summary>A transaction holds the lock of its id until it is visible, and a moment longer. A snapshot doesn't tell: it doesn't name the newest ones. Ids are of 32 bits here, and near the snapshot's.</summary>
    private const string Running =
        """
        SELECT transactionid::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
        """;

    /// <summary>A replica that hasn't heard of an id refuses to say what became of it.</summary>
    private const string Committed =
        """
        SELECT xid FROM unnest($1) AS xid
        WHERE CASE WHEN xid::xid8 < pg_snapshot_xmax(pg_current_snapshot()) THEN coalesce(pg_xact_status(xid::xid8), 'committed') = 'committed' ELSE false END
        """;

    public Task<StoreRead<IReadOnlyList<ulong>>> RunningAsync(CancellationToken cancellationToken) =>
        _reads.RunAsync(new NpgsqlBatchCommand(Running), RunningAsync, 0, default, cancellationToken);

    public Task<StoreRead<IReadOnlyList<ulong>>> CommittedAsync(IReadOnlyList<ulong> transactions, ulong position, CancellationToken cancellationToken)
    {
        string[] ids = [.. transactions.Select(static id => id.ToString(CultureInfo.InvariantCulture))];
        var query = new NpgsqlBatchCommand(Committed) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = ids } } };
        return _reads.RunAsync(query, CommittedAsync, 0, new ReadGuard(0, position), cancellationToken);
    }

    private static async Task<IReadOnlyList<ulong>> RunningAsync(NpgsqlDataReader reader, int nothing, CancellationToken cancellationToken)
    {
        var ids = new List<ulong>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var next = (ulong)reader.GetInt64(1);
            ids.Add(next + (ulong)(long)(int)((uint)reader.GetInt64(0) - (uint)next));
        }

        return ids;
    }

    private static async Task<IReadOnlyList<ulong>> CommittedAsync(NpgsqlDataReader reader, int nothing, CancellationToken cancellationToken)
    {
        var ids = new List<ulong>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            ids.Add(ulong.Parse(reader.GetString(0), NumberStyles.None, CultureInfo.InvariantCulture));
        }

        return ids;
    }
}
