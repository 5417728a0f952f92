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
    /// <exception cref="InvalidSessionTokenException">
    /// The token was read from a text whose signature is wrong, or by a key that this client doesn't have, or that bears none although the client's
    /// options require one.
    /// </exception>
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
    /// <see cref="ConsistencyLevel.Eventual"/> ones; with each commit on a data source's connection, and with what such a connection showed
    /// once it is closed.
    /// </summary>
    SessionToken Token { get; }

    /// <summary>Requires from now on what another session has seen, too. A token that can't be met fails the reads and writes that meet it.</summary>
    /// <param name="other">The other session's token.</param>
    /// <exception cref="InvalidSessionTokenException">The token's signature is refused, as by <see cref="IDataClient.OpenSession"/>; the session stays as it was.</exception>
    void Merge(SessionToken other);

    /// <summary>The repository of an entity whose map was registered.</summary>
    /// <exception cref="InvalidOperationException">No map of this entity and key was registered.</exception>
    IRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull;

    /// <summary>
    /// Runs several reads and writes in one transaction of one shard: all of it is applied, or nothing; with one commit position, which the session then has, and one
    /// operation row, by which a missing answer is found out. Commits when the body ends, rolls back when it throws.
    /// </summary>
    /// <param name="dataSet">Whose data, as for <see cref="CreateDataSource"/>. All entities of the unit are in that shard.</param>
    /// <param name="body">
    /// What to do. Its cancellation token ends with the unit's time. It must not catch <see cref="DataTierException"/>s of the unit and go on; what it throws comes as it is.
    /// </param>
    /// <param name="options">What the unit asks for.</param>
    /// <param name="territory">The territory, if the data set is the table of entities that have one.</param>
    /// <param name="cancellationToken">Ends the wait. Once the commit is on its way its outcome stays unknown then.</param>
    /// <returns>Where it was committed, and how durable. The version is 0.</returns>
    /// <exception cref="ConflictException">Something stored contradicts a staged write; <see cref="DataTierException.Operation"/> says which.</exception>
    /// <exception cref="ArgumentException">As for <see cref="CreateDataSource"/>; or an option is out of range.</exception>
    /// <exception cref="NotSupportedException">The shard's store has no transactions.</exception>
    /// <remarks>
    /// Other <see cref="DataTierException"/>s as by <see cref="IRepository{TEntity, TKey}"/>'s writes. Reads of the unit are answered by the primary and show what the session has
    /// seen; what they show belongs to the session, also if the unit fails.
    /// </remarks>
    Task<WriteResult> RunUnitOfWorkAsync(
        string dataSet,
        Func<IUnitOfWork, CancellationToken, Task> body,
        UnitOfWorkOptions? options = null,
        Territory territory = default,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Connections for ADO.NET code, Dapper or EF Core that ride this session. The intent belongs to the data source; the node is chosen when a
    /// connection is opened. Costs nothing until then. The result is a <c>RoutedDataSource</c>, whose documentation says what is guaranteed.
    /// </summary>
    /// <param name="dataSet">
    /// Whose data: the table of a registered entity, which brings its policy along; else a shard's name; else a territory. The first of these
    /// that is called so counts.
    /// </param>
    /// <param name="intent">Whether connections will write.</param>
    /// <param name="options">What connections that read ask for when they are opened. Default: as the policy says, then the client.</param>
    /// <param name="territory">The territory, for the table of entities that have one.</param>
    /// <param name="writeOptions">What commits of connections that write ask for; the timeout is for opening and for each commit. Default: as the policy says, then the client.</param>
    /// <exception cref="ArgumentException">
    /// Nothing is called that; the territory is missing, not held by any shard, or contradicts the name; the options are those of the other intent,
    /// or out of range; or the intent isn't said.
    /// </exception>
    /// <exception cref="InvalidOperationException">The table's map names no configured shard.</exception>
    /// <exception cref="NotSupportedException">The shard's store has no SQL connections.</exception>
    DbDataSource CreateDataSource(
        string dataSet, OperationIntent intent, ReadOptions? options = null, Territory territory = default, WriteOptions? writeOptions = null);
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
