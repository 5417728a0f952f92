using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data.Connections;

/// <summary>The driver's command, bound to wherever its routed connection leads when it is run.</summary>
internal sealed class RoutedCommand(DbCommand inner) : DbCommand
{
    private RoutedConnection? _connection;
    private RoutedTransaction? _transaction;

    [AllowNull]
    public override string CommandText
    {
        get => inner.CommandText;
#pragma warning disable CA2100 // The text is the user's own.
        set => inner.CommandText = value;
#pragma warning restore CA2100
    }

    public override int CommandTimeout
    {
        get => inner.CommandTimeout;
        set => inner.CommandTimeout = value;
    }

    public override CommandType CommandType
    {
        get => inner.CommandType;
        set => inner.CommandType = value;
    }

    public override bool DesignTimeVisible
    {
        get => inner.DesignTimeVisible;
        set => inner.DesignTimeVisible = value;
    }

    public override UpdateRowSource UpdatedRowSource
    {
        get => inner.UpdatedRowSource;
        set => inner.UpdatedRowSource = value;
    }

    protected override DbConnection? DbConnection
    {
        get => _connection;
        set => _connection = SqlRun.Routed(value);
    }

    protected override DbParameterCollection DbParameterCollection => inner.Parameters;

    protected override DbTransaction? DbTransaction
    {
        get => _transaction;
        set => _transaction = SqlRun.Routed(value);
    }

    public override void Cancel() => inner.Cancel();

    public override int ExecuteNonQuery() => Blocking.Completed(ExecuteNonQueryAsync(async: false, CancellationToken.None));

    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) => ExecuteNonQueryAsync(async: true, cancellationToken).AsTask();

    public override object? ExecuteScalar() => Blocking.Completed(ExecuteScalarAsync(async: false, CancellationToken.None));

    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) => ExecuteScalarAsync(async: true, cancellationToken).AsTask();

    public override void Prepare() => Bind().Prepare();

    public override Task PrepareAsync(CancellationToken cancellationToken = default) => Bind().PrepareAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override DbParameter CreateDbParameter() => inner.CreateParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) =>
        Blocking.Completed(ExecuteReaderAsync(behavior, async: false, CancellationToken.None));

    protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
        ExecuteReaderAsync(behavior, async: true, cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private ValueTask<int> ExecuteNonQueryAsync(bool async, CancellationToken cancellationToken) =>
        SqlRun.ToEndAsync(
            _connection,
            Bind(),
            static async (command, async, token) => async ? await command.ExecuteNonQueryAsync(token).ConfigureAwait(false) : command.ExecuteNonQuery(),
            static affected => affected <= 0,
            async,
            cancellationToken);

    private ValueTask<object?> ExecuteScalarAsync(bool async, CancellationToken cancellationToken) =>
        SqlRun.ToEndAsync(
            _connection,
            Bind(),
            static async (command, async, token) => async ? await command.ExecuteScalarAsync(token).ConfigureAwait(false) : command.ExecuteScalar(),
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

    private DbCommand Bind()
    {
        inner.Connection = SqlRun.Lane(_connection).Connection;
        return inner;
    }
}
