using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Contenders;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Benchmarks.Breakdown;

/// <summary>What the library sends around a write.</summary>
[Flags]
internal enum WriteParts
{
    /// <summary>Only the statement.</summary>
    None = 0,

    /// <summary>The history that it demands, and how durable it is to be.</summary>
    Guard = 1,

    /// <summary>BEGIN and COMMIT; without, the statement is one transaction with what stands before it.</summary>
    Transaction = 2,

    /// <summary>Where the log stands after the commit.</summary>
    Position = 4,

    /// <summary>The row by which its outcome can be asked for.</summary>
    Operation = 8,
}

/// <summary>An update by hand in one round trip, with more or less of what the library sends around it.</summary>
internal static class WriteSteps
{
    /// <summary>All that the library sends around a write without an operation row.</summary>
    public const WriteParts Whole = WriteParts.Guard | WriteParts.Transaction | WriteParts.Position;

    /// <summary>The default's.</summary>
    private const WriteDurability Durability = WriteDurability.RemoteFlush;

    /// <summary>What writes of today demand.</summary>
    public static async Task<HistoryId> HistoryAsync(BenchTier tier, CancellationToken cancellationToken)
    {
        await using var store = Endpoint(tier);
        return (await store.ReadHistoryAsync(cancellationToken)).Id;
    }

    public static Contender Of(string name, BenchTier tier, HistoryId history, WriteParts parts, CancellationToken cancellationToken) =>
        Of(name, tier, history, parts, 1, 1, cancellationToken);

    public static Contender Of(string name, BenchTier tier, HistoryId history, WriteParts parts, int workers, int pool, CancellationToken cancellationToken)
    {
        var source = RawNpgsql.Tuned(tier.Primary, pool);
        return new Contender(
            name,
            workers,
            worker =>
            {
                var keys = new Keys(worker);
                return () => UpdateAsync(source, keys.Next(), history, parts, cancellationToken);
            },
            source);
    }

    /// <summary>The library's own, without the engine.</summary>
    public static Contender Store(BenchTier tier, HistoryId history, CancellationToken cancellationToken)
    {
        var store = Endpoint(tier);
        return new Contender(
            "library's store, no engine",
            1,
            worker =>
            {
                var keys = new Keys(worker);
                return async () =>
                {
                    var key = keys.Next();
                    var write = new EntityWrite<Item, long>(EntityWriteKind.Update, key, new Item(key, "name", "body"), null);
                    var written = await store.WriteAsync(Item.Map, write, new WriteGuard(history, Durability), cancellationToken);
                    return written.Version > 1 ? 1 : throw new InvalidOperationException("The row wasn't updated.");
                };
            },
            store);
    }

    private static PostgresEndpoint Endpoint(BenchTier tier) => new(
        new PostgresConnections("primary", tier.Primary, 1, TimeSpan.FromSeconds(5)), new EngineRuntime(TimeProvider.System, new Random(Seeds.Of(0))));

    private static async ValueTask<int> UpdateAsync(NpgsqlDataSource source, long key, HistoryId history, WriteParts parts, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        if (parts.HasFlag(WriteParts.Transaction))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(PostgresWrites.Begin));
        }

        if (parts.HasFlag(WriteParts.Guard))
        {
            batch.BatchCommands.Add(PostgresWrites.GuardAndSet(new WriteGuard(history, Durability)));
        }

        var update = new NpgsqlBatchCommand(Item.Update) { AppendErrorBarrier = parts is WriteParts.Position or (WriteParts.Guard | WriteParts.Position) };
        RawNpgsql.AddUpdate(update.Parameters, key);
        batch.BatchCommands.Add(update);
        if (parts.HasFlag(WriteParts.Operation))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(OperationSql.InsertAttempt) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() } } });
        }

        if (parts.HasFlag(WriteParts.Transaction))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        }

        if (parts.HasFlag(WriteParts.Position))
        {
            batch.BatchCommands.Add(CommitPosition.Question(Durability));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = 0;
        do
        {
            rows += await reader.ReadAsync(cancellationToken) ? 1 : 0;
        }
        while (await reader.NextResultAsync(cancellationToken));

        var wanted = 1 + (parts.HasFlag(WriteParts.Guard) ? 1 : 0) + (parts.HasFlag(WriteParts.Position) ? 1 : 0);
        return rows == wanted ? 1 : throw new InvalidOperationException("A row is missing.");
    }
}
