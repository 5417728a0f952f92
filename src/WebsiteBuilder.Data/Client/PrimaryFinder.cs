using Npgsql;

namespace WebsiteBuilder.Data.Client;

/// <summary>Finds the one node of a shard that takes writes, for what runs before a client does.</summary>
internal static class PrimaryFinder
{
    /// <exception cref="StoreFailureException">None or several take writes.</exception>
    public static async Task<NpgsqlDataSource> FindAsync(ShardOptions shard, CancellationToken cancellationToken)
    {
        var primaries = new List<NpgsqlDataSource>();
        NpgsqlException? last = null;
        foreach (var endpoint in shard.Endpoints)
        {
            var source = NpgsqlDataSource.Create(endpoint.ConnectionString);
            try
            {
                var command = source.CreateCommand("SELECT pg_is_in_recovery()");
                await using (command.ConfigureAwait(false))
                {
                    if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is false)
                    {
                        primaries.Add(source);
                        continue;
                    }
                }
            }
            catch (NpgsqlException exception)
            {
                last = exception;
            }

            await source.DisposeAsync().ConfigureAwait(false);
        }

        if (primaries.Count == 1)
        {
            return primaries[0];
        }

        foreach (var source in primaries)
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }

        throw new StoreFailureException(
            primaries.Count == 0
                ? $"No endpoint of the shard '{shard.Name}' takes writes; start its primary, or correct its connection string."
                : $"Several endpoints of the shard '{shard.Name}' take writes; stop all but the right one first.",
            last)
        {
            IsTransient = primaries.Count == 0,
            Disposition = WriteDisposition.NotApplied,
        };
    }
}
