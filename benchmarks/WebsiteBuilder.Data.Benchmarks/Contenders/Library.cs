using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Contenders;

/// <summary>The library as applications use it: through repositories, a session for each worker.</summary>
internal static class Library
{
    private const int ManyKeys = 64;

    /// <summary>Single rows at a level. At the session level each session has written before, so every answer must prove a position.</summary>
    public static async Task<Contender> FindAsync(
        BenchTier tier, ConsistencyLevel level, int workers, CancellationToken cancellationToken)
    {
        var client = await tier.ClientAsync(new EntityPolicy { Consistency = level }, cancellationToken);
        var sessions = await SessionsAsync(client, workers, writeFirst: level == ConsistencyLevel.Session, cancellationToken);
        return new Contender(
            $"library, {level}",
            workers,
            worker =>
            {
                var (items, keys) = (sessions[worker].Repository<Item, long>(), new Keys(worker));
                return async () =>
                {
                    var read = await items.FindAsync(keys.Next(), cancellationToken: cancellationToken);
                    return read.Value is { } item && item.Body.Length > 0 ? 1 : throw new InvalidOperationException("A row is missing.");
                };
            },
            client);
    }

    /// <summary>Many rows in one call, at the session level.</summary>
    public static async Task<Contender> FindManyAsync(BenchTier tier, CancellationToken cancellationToken)
    {
        var client = await tier.ClientAsync(null, cancellationToken);
        var sessions = await SessionsAsync(client, 1, writeFirst: true, cancellationToken);
        return new Contender(
            "library",
            1,
            worker =>
            {
                var (items, keys) = (sessions[worker].Repository<Item, long>(), new Keys(worker));
                return async () => (await items.FindManyAsync(keys.Next(ManyKeys), cancellationToken: cancellationToken)).Value.Count;
            },
            client);
    }

    /// <summary>Durable updates of single rows that return version and position.</summary>
    public static Task<Contender> UpdateAsync(BenchTier tier, bool resolvable, CancellationToken cancellationToken) =>
        UpdateAsync("library", tier, resolvable, 1, cancellationToken);

    /// <inheritdoc cref="UpdateAsync(BenchTier, bool, CancellationToken)"/>
    public static async Task<Contender> UpdateAsync(string name, BenchTier tier, bool resolvable, int workers, CancellationToken cancellationToken)
    {
        var client = await tier.ClientAsync(new EntityPolicy { Resolvable = resolvable }, cancellationToken);
        return new Contender(
            name,
            workers,
            worker =>
            {
                var (items, keys) = (client.OpenSession().Repository<Item, long>(), new Keys(worker));
                return async () =>
                {
                    var written = await items.UpdateAsync(new Item(keys.Next(), "name", "body"), cancellationToken: cancellationToken);
                    return written.Version > 1 ? 1 : throw new InvalidOperationException("The row wasn't updated.");
                };
            },
            client);
    }

    private static async Task<IDataSession[]> SessionsAsync(DataClient client, int count, bool writeFirst, CancellationToken cancellationToken)
    {
        var sessions = Enumerable.Range(0, count).Select(_ => client.OpenSession()).ToArray();
        if (writeFirst)
        {
            foreach (var (worker, session) in sessions.Index())
            {
                await session.Repository<Item, long>().UpdateAsync(new Item(worker, "name", "body"), cancellationToken: cancellationToken);
            }
        }

        return sessions;
    }
}
