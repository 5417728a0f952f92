using System.Data.Common;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The part for users' own SQL.</summary>
internal sealed partial class PostgresEndpoint
{
    public DbProviderFactory Provider => NpgsqlFactory.Instance;

    /// <summary>The driver doesn't tell which of its connections were idle before, so whichever is lost is made up for once.</summary>
    public async Task<StoreRead<ISqlLink>> ConnectAsync(SqlGuard guard, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectOnceAsync(guard, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreFaultException fault) when (fault.Kind == StoreFaultKind.Interrupted && !cancellationToken.IsCancellationRequested)
        {
            _connections.Users.Drain();
            return await ConnectOnceAsync(guard, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<StoreRead<ISqlLink>> ConnectOnceAsync(SqlGuard guard, CancellationToken cancellationToken)
    {
        var users = _connections.Users;
        var connection = await users.OpenAsync(guard.PlaceWait, cancellationToken).ConfigureAwait(false);
        try
        {
            var stamp = await _reads.ProveAsync(connection, Setting(guard), guard.Read, cancellationToken).ConfigureAwait(false);
            return new StoreRead<ISqlLink>(new PostgresSqlLink(connection, users, _reads, guard, stamp), stamp);
        }
        catch (Exception exception)
        {
            await users.CloseAsync(connection).ConfigureAwait(false);
            throw exception as StoreFaultException ?? PostgresFaults.Reading(exception, cancellationToken);
        }
    }

    /// <summary>
    /// Settings of the server's session, so that what a user sets over them goes when the connection is reset, and so do they.
    /// </summary>
    private static NpgsqlBatchCommand Setting(SqlGuard guard) => new(guard.Writes
        ? $"SELECT set_config('synchronous_commit', '{SynchronousCommit.Name(guard.Durability)}', false)"
        : "SELECT set_config('default_transaction_read_only', 'on', false)");
}
