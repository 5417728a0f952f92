using System.Data.Common;

namespace WebsiteBuilder.Data.Stores;

/// <summary>What a connection for other people's SQL must be.</summary>
/// <param name="Read">What it must prove before it is handed out.</param>
/// <param name="Writes">Whether it may write; one that may not refuses on the primary too.</param>
/// <param name="Durability">Of what it commits, if it may write.</param>
/// <param name="PlaceWait">How long to wait for a place while all connections are taken; longer than that is <see cref="StoreFaultKind.Throttled"/>.</param>
/// <param name="Timeout">For each round trip that the library adds on the connection later.</param>
internal readonly record struct SqlGuard(ReadGuard Read, bool Writes, WriteDurability Durability, TimeSpan PlaceWait, TimeSpan Timeout);

/// <summary>An endpoint at which people can run SQL of their own.</summary>
internal interface ISqlStore : IStoreEndpoint
{
    /// <summary>Makes commands, batches and parameters before a node is chosen.</summary>
    DbProviderFactory Provider { get; }

    /// <summary>Opens a connection and lets the node prove where it stands, before anything else runs on it.</summary>
    Task<StoreRead<ISqlLink>> ConnectAsync(SqlGuard guard, CancellationToken cancellationToken);
}

/// <summary>
/// An open connection that has proven where its node stands. Disposing closes it, rolls back what is open, and leaves nothing of its state
/// to whoever gets it next. Not thread-safe.
/// </summary>
/// <remarks>
/// Members that ask the server throw <see cref="StoreFaultException"/> and need a connection on which nothing is running. With
/// <c>async: false</c> they have completed when they return.
/// </remarks>
internal interface ISqlLink : IAsyncDisposable, IDisposable
{
    /// <summary>The driver's own connection.</summary>
    DbConnection Connection { get; }

    /// <summary>What the node proved when the connection was opened.</summary>
    ReadStamp Opened { get; }

    /// <summary>Where the node stands now.</summary>
    ValueTask<ReadStamp> StampAsync(bool async, CancellationToken cancellationToken);

    /// <summary>Has what is committed statement by statement from now on wait so that it isn't visible before something.</summary>
    ValueTask FollowAsync(Following follows, bool async, CancellationToken cancellationToken);

    /// <summary>Commits the open transaction, so that it isn't visible before something.</summary>
    ValueTask<TransactionCommit> CommitAsync(Following? follows, bool async, CancellationToken cancellationToken);

    /// <summary>Where the log stands behind what the connection has committed statement by statement.</summary>
    ValueTask<TransactionCommit> PositionAsync(bool async, CancellationToken cancellationToken);

    /// <summary>Calls back when a reader of this connection is closed; nothing may run on the connection from within the call.</summary>
    void WhenClosed(DbDataReader reader, Action closed);
}
