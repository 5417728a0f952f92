using Npgsql;

namespace WebsiteBuilder.Data.Client;

/// <summary>Finds the one node of a shard that takes writes, for what runs before a client does.</summary>
internal static class PrimaryFinder
{
    /// <exception cref="StoreFailureException">None or several take writes.</exception>
    public static async Task<NpgsqlDataSource> FindAsync(ShardOptions shard, CancellationToken cancellationToken)
    {
        // All at once: far nodes take several round trips to connect to.
        var sources = shard.Endpoints.Select(Source).ToArray();
        NpgsqlDataSource? found = null;
        try
        {
            var answers = await Task.WhenAll(sources.Select(source => AskAsync(source, cancellationToken))).ConfigureAwait(false);
            var primaries = answers.Count(static answer => answer.IsPrimary);
            found = primaries == 1 ? sources[Array.FindIndex(answers, static answer => answer.IsPrimary)] : null;
            return found ?? throw NotOne(shard, primaries, Array.FindLast(answers, static answer => answer.Fault is not null).Fault);
        }
        finally
        {
            foreach (var source in sources.Where(source => source != found))
            {
                await source.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Straight to the server: a migration holds a lock of its server session, which a pooler gives to somebody else.</summary>
    private static NpgsqlDataSource Source(EndpointOptions endpoint) =>
        NpgsqlDataSource.Create(endpoint.Pooler == ConnectionPooler.None ? endpoint.ConnectionString : endpoint.DirectConnectionString);

    private static async Task<(bool IsPrimary, NpgsqlException? Fault)> AskAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            var command = source.CreateCommand("SELECT pg_is_in_recovery()");
            await using (command.ConfigureAwait(false))
            {
                return (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is false, null);
            }
        }
        catch (NpgsqlException exception)
        {
            return (false, exception);
        }
    }

    private static StoreFailureException NotOne(ShardOptions shard, int primaries, NpgsqlException? last) =>
        new(
            primaries == 0
                ? $"No endpoint of the shard '{shard.Name}' takes writes; start its primary, or correct its connection string."
                : $"Several endpoints of the shard '{shard.Name}' take writes; stop all but the right one first.",
            last)
        {
            IsTransient = primaries == 0,
            Disposition = WriteDisposition.NotApplied,
        };
}
