using System.Data;

namespace WebsiteBuilder.Data.Stores;

/// <summary>An endpoint that runs several reads and writes in one transaction.</summary>
internal interface ITransactionStore : IStoreEndpoint
{
    /// <summary>Begins a transaction, which costs nothing until it is used.</summary>
    /// <param name="history">The history that the node must be primary of.</param>
    /// <param name="isolation">Read committed, repeatable read or serializable.</param>
    IStoreTransaction Begin(HistoryId history, IsolationLevel isolation);
}

/// <summary>
/// A transaction. Disposing rolls back what wasn't committed. Not thread-safe. Members throw <see cref="StoreFaultException"/> and nothing else but what maps throw; before
/// <see cref="CommitAsync"/> nothing is applied, and after a fault nothing will be.
/// </summary>
internal interface IStoreTransaction : IAsyncDisposable
{
    /// <summary>Applies writes, then reads an entity.</summary>
    Task<TEntity?> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    /// <summary>Applies writes, then reads what a query asks for.</summary>
    Task<IReadOnlyList<TEntity>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    /// <summary>Applies writes and commits.</summary>
    /// <param name="writes">Those that weren't applied before.</param>
    /// <param name="durability">What to wait for.</param>
    /// <param name="follows">What it must not be visible before; null if that needs nothing.</param>
    /// <param name="operation">The rows by which the outcome can be found out later; null for none.</param>
    /// <param name="cancellationToken">Gives up; the outcome is then ambiguous.</param>
    Task<TransactionCommit> CommitAsync(
        IReadOnlyList<StagedWrite> writes, WriteDurability durability, Following? follows, OperationRows? operation, CancellationToken cancellationToken);
}

/// <summary>What was committed, and how far what the transaction showed may reach.</summary>
/// <param name="Write">The position behind the commit, and the durability that was reached.</param>
/// <param name="Shown">Whoever has this position can show all that was visible until the commit.</param>
internal readonly record struct TransactionCommit(StoreWrite Write, ulong Shown);
