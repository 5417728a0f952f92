using System.Data;
using System.Data.Common;

namespace WebsiteBuilder.Data.Connections;

/// <summary>The driver's batch, bound to wherever its routed connection leads when it is run. Outside of a transaction it is one by itself.</summary>
internal sealed class RoutedBatch(DbBatch inner) : DbBatch
{
    private RoutedConnection? _connection;
    private RoutedTransaction? _transaction;

    public override int Timeout
    {
        get => inner.Timeout;
        set => inner.Timeout = value;
    }

    protected override DbBatchCommandCollection DbBatchCommands => inner.BatchCommands;

    protected override DbConnection? DbConnection
    {
        get => _connection;
        set => _connection = SqlRun.Routed(value);
    }

    protected override DbTransaction? DbTransaction
    {
        get => _transaction;
        set => _transaction = SqlRun.Routed(value);
    }

    public override void Cancel() => inner.Cancel();

    public override int ExecuteNonQuery() => Blocking.Completed(ExecuteNonQueryAsync(async: false, CancellationToken.None));

    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken = default) =>
        ExecuteNonQueryAsync(async: true, cancellationToken).AsTask();

    public override object? ExecuteScalar() => Blocking.Completed(ExecuteScalarAsync(async: false, CancellationToken.None));

    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken = default) =>
        ExecuteScalarAsync(async: true, cancellationToken).AsTask();

    public override void Prepare() => Bind().Prepare();

    public override Task PrepareAsync(CancellationToken cancellationToken = default) => Bind().PrepareAsync(cancellationToken);

    public override void Dispose()
    {
        inner.Dispose();
        base.Dispose();
    }

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override DbBatchCommand CreateDbBatchCommand() => inner.CreateBatchCommand();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) =>
        Blocking.Completed(ExecuteReaderAsync(behavior, async: false, CancellationToken.None));

    protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
        ExecuteReaderAsync(behavior, async: true, cancellationToken).AsTask();

    private ValueTask<int> ExecuteNonQueryAsync(bool async, CancellationToken cancellationToken) =>
        SqlRun.ToEndAsync(
            _connection,
            Bind(),
            static async (batch, async, token) => async ? await batch.ExecuteNonQueryAsync(token).ConfigureAwait(false) : batch.ExecuteNonQuery(),
            static affected => affected <= 0,
            async,
            cancellationToken);

    private ValueTask<object?> ExecuteScalarAsync(bool async, CancellationToken cancellationToken) =>
        SqlRun.ToEndAsync(
            _connection,
            Bind(),
            static async (batch, async, token) => async ? await batch.ExecuteScalarAsync(token).ConfigureAwait(false) : batch.ExecuteScalar(),
            static _ => true,
            async,
            cancellationToken);

    private ValueTask<DbDataReader> ExecuteReaderAsync(CommandBehavior behavior, bool async, CancellationToken cancellationToken) =>
        SqlRun.ReaderAsync(
            _connection,
            behavior,
            (Bind(), behavior & ~CommandBehavior.CloseConnection),
            static async (state, async, token) => async
                ? await state.Item1.ExecuteReaderAsync(state.Item2, token).ConfigureAwait(false)
                : state.Item1.ExecuteReader(state.Item2),
            async,
            cancellationToken);

    private DbBatch Bind()
    {
        inner.Connection = SqlRun.Lane(_connection).Connection;
        return inner;
    }
}
