using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A transaction as its client has it. Like the PostgreSQL store's it costs no message of its own to begin, and whoever gives up leaves the server to find out.</summary>
internal sealed class SimulatedTransaction(SimulatedEndpoint endpoint, NodeTransaction transaction) : IStoreTransaction
{
    private bool _begun;
    private bool _ended;

    public async Task<TEntity?> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var rows = await ReadAsync(RowSelection.Of(map, key), rowLock, before, cancellationToken).ConfigureAwait(false);
        return rows is [var found] ? CellRow.Materialize(map, found.Row, map.TerritoryOf(key)) : null;
    }

    public async Task<IReadOnlyList<TEntity>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var rows = await ReadAsync(RowSelection.Of(map, query), rowLock, before, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => CellRow.Materialize(map, row.Row, query.Territory))];
    }

    public async Task<TransactionCommit> CommitAsync(
        IReadOnlyList<StagedWrite> writes, WriteDurability durability, Following? follows, OperationRows? operation, CancellationToken cancellationToken)
    {
        Begin();
        var commit = await endpoint.CommitAsync(transaction, writes, durability, follows, operation, cancellationToken).ConfigureAwait(false);
        _ended = true;
        return commit;
    }

    public ValueTask DisposeAsync()
    {
        if (_begun && !_ended)
        {
            _ended = true;
            endpoint.RollBack(transaction);
        }

        return ValueTask.CompletedTask;
    }

    private Task<IReadOnlyList<KeyedRow>> ReadAsync(
        RowSelection selection, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
    {
        Begin();
        return endpoint.ReadAsync(transaction, selection, rowLock, before, cancellationToken);
    }

    private void Begin()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The transaction has ended.");
        }

        _begun = true;
    }
}
