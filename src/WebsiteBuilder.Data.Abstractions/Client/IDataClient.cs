using System.Data.Common;

namespace WebsiteBuilder.Data;

/// <summary>The data tier as seen from one region. One per process; thread-safe.</summary>
public interface IDataClient : IAsyncDisposable
{
    /// <summary>The region that this process runs in.</summary>
    RegionId LocalRegion { get; }

    /// <summary>What is known of all shards now. Cheap; a snapshot never changes.</summary>
    TopologySnapshot Topology { get; }

    /// <summary>Opens a session, which costs nothing until it is used.</summary>
    /// <param name="resume">Where to go on; the default value starts anew. Whether its positions exist is found out by the first operation on each shard.</param>
    IDataSession OpenSession(SessionToken resume = default);
}

/// <summary>
/// A conversation of one user with the data tier: at <see cref="ConsistencyLevel.Session"/> and above it sees what it wrote and never goes
/// back in time. <see cref="ConsistencyLevel.Eventual"/> reads neither keep nor extend that. A write that ended without a result
/// (ambiguous or cancelled) isn't part of it. Thread-safe; operations that overlap may see each other or not.
/// </summary>
public interface IDataSession
{
    /// <summary>
    /// Where the session stands; hand it to the next process. Grows with each acknowledged write, each conflict, and each read but
    /// <see cref="ConsistencyLevel.Eventual"/> ones.
    /// </summary>
    SessionToken Token { get; }

    /// <summary>Requires from now on what another session has seen, too. Never throws: a token that can't be met fails the reads and writes that meet it.</summary>
    /// <param name="other">The other session's token.</param>
    void Merge(SessionToken other);

    /// <summary>The repository of an entity whose map was registered.</summary>
    /// <exception cref="InvalidOperationException">No map of this entity and key was registered.</exception>
    IRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull;

    /// <summary>
    /// Connections for ADO.NET code, Dapper or EF Core. Intent belongs to the data source; the node is chosen when a connection is opened.
    /// Not part of this version.
    /// </summary>
    /// <param name="dataSet">The shard's name, or a territory.</param>
    /// <param name="intent">Whether connections will write.</param>
    /// <param name="options">What reads ask for.</param>
    /// <exception cref="NotSupportedException">Always, in this version.</exception>
    DbDataSource CreateDataSource(string dataSet, OperationIntent intent, ReadOptions? options = null);
}

/// <summary>Whether an operation writes.</summary>
public enum OperationIntent
{
    /// <summary>Not said; refused.</summary>
    Unspecified = 0,

    /// <summary>Reads only.</summary>
    Read = 1,

    /// <summary>Writes, or does both.</summary>
    Write = 2,
}
