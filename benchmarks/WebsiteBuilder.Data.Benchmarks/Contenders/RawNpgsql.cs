using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Contenders;

/// <summary>The driver by hand: typed parameters, statements prepared by use, columns read by ordinal.</summary>
internal static class RawNpgsql
{
    /// <summary>A careful application that owns its connections' state: small warm pool, no reset.</summary>
    public static NpgsqlDataSource Tuned(string connectionString, int pool) => Source(connectionString, settings =>
    {
        settings.MaxPoolSize = pool;
        settings.NoResetOnClose = true;
    });

    /// <summary>A normal application: a pooled data source with prepared statements.</summary>
    public static NpgsqlDataSource Default(string connectionString) => Source(connectionString, static _ => { });

    public static NpgsqlDataSource Source(string connectionString, Action<NpgsqlConnectionStringBuilder> change)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 64, AutoPrepareMinUsages = 2 };
        change(settings);
        return NpgsqlDataSource.Create(settings.ConnectionString);
    }

    public static Contender Find(string name, NpgsqlDataSource source, int workers, CancellationToken cancellationToken) => new(
        name,
        workers,
        worker =>
        {
            var keys = new Keys(worker);
            return async () => await FindAsync(source, keys.Next(), cancellationToken) is { Body.Length: > 0 }
                ? 1
                : throw new InvalidOperationException("A row is missing.");
        },
        source);

    /// <summary>So many keys in one statement: what sharing round trips by hand could reach if nobody had to be told apart.</summary>
    public static Contender FindMany(string name, NpgsqlDataSource source, int keysAtOnce, int workers, CancellationToken cancellationToken) => new(
        name,
        workers,
        worker =>
        {
            var keys = new Keys(worker);
            return async () =>
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                await using var command = new NpgsqlCommand(Item.FindMany, connection) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = keys.Next(keysAtOnce) } } };
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                var rows = 0;
                while (await reader.ReadAsync(cancellationToken))
                {
                    rows += new Item(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)) { Version = reader.GetInt64(3) }.Body.Length > 0 ? 1 : 0;
                }

                return rows;
            };
        },
        source);

    /// <summary>Over the primary and its replica, preferring the replica.</summary>
    public static Contender MultiHost(BenchTier tier, int workers, CancellationToken cancellationToken)
    {
        var (replica, primary) = (new NpgsqlConnectionStringBuilder(tier.Replica), new NpgsqlConnectionStringBuilder(tier.Primary));
        var source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(tier.Replica)
        {
            Host = $"{replica.Host}:{replica.Port},{primary.Host}:{primary.Port}",
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        }.ConnectionString).BuildMultiHost();
        return Find("multi-host", source.WithTargetSession(TargetSessionAttributes.PreferStandby), workers, cancellationToken);
    }

    public static Contender Update(NpgsqlDataSource source, CancellationToken cancellationToken) => Update("tuned", source, 1, cancellationToken);

    public static Contender Update(string name, NpgsqlDataSource source, int workers, CancellationToken cancellationToken) => new(
        name,
        workers,
        worker =>
        {
            var keys = new Keys(worker);
            return async () =>
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                await using var command = new NpgsqlCommand(Item.Update, connection);
                AddUpdate(command.Parameters, keys.Next());
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                return await reader.ReadAsync(cancellationToken) && reader.GetInt64(0) > 1
                    ? 1
                    : throw new InvalidOperationException("The row wasn't updated.");
            };
        },
        source);

    /// <summary>Updates of several rows in one round trip, as one transaction or each as its own.</summary>
    public static Contender UpdateMany(string name, NpgsqlDataSource source, int rowsAtOnce, bool together, int workers, CancellationToken cancellationToken) => new(
        name,
        workers,
        worker =>
        {
            var keys = new Keys(worker);
            return async () =>
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                await using var batch = new NpgsqlBatch(connection) { EnableErrorBarriers = !together };

                // In one order, or two batches wait for each other's rows.
                foreach (var key in Enumerable.Range(0, rowsAtOnce).Select(_ => keys.Next()).Order().ToArray())
                {
                    var command = new NpgsqlBatchCommand(Item.Update);
                    AddUpdate(command.Parameters, key);
                    batch.BatchCommands.Add(command);
                }

                await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
                var rows = 0;
                do
                {
                    rows += await reader.ReadAsync(cancellationToken) ? 1 : 0;
                }
                while (await reader.NextResultAsync(cancellationToken));

                return rows == rowsAtOnce ? rows : throw new InvalidOperationException("A row wasn't updated.");
            };
        },
        source);

    private static void AddUpdate(NpgsqlParameterCollection parameters, long key)
    {
        parameters.Add(new NpgsqlParameter<string> { TypedValue = "name" });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = "body" });
        parameters.Add(new NpgsqlParameter<long> { TypedValue = key });
    }

    private static async ValueTask<Item?> FindAsync(NpgsqlDataSource source, long key, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Item.Find, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new Item(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)) { Version = reader.GetInt64(3) }
            : null;
    }
}
