using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Transactions;
using WebsiteBuilder.Data.Connections;

namespace WebsiteBuilder.Data;

/// <summary>
/// A connection of a <see cref="RoutedDataSource"/>. While it is open it leads to one node, over a connection of the driver's own pool; the
/// commands take the driver's own parameters and return its own readers. Not thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Reading connections are read only, on the primary too: a statement that writes fails with SQLSTATE 25006.
/// </para>
/// <para>
/// On writing connections a transaction's commit, and each statement outside of a transaction, tells its log position, and the session
/// requires it from then on: at once after <c>Commit</c>, <c>ExecuteNonQuery</c> and <c>ExecuteScalar</c>, and when the connection is
/// closed after <c>ExecuteReader</c>. A transaction that is rolled back adds nothing to the session but what it showed. A transaction that
/// SQL text begins is taken for separate statements.
/// </para>
/// <para>
/// If the connection is lost while a commit is on its way, or a statement that commits by itself, the outcome is unknown:
/// <see cref="AmbiguousWriteException"/>. Other errors of statements are the driver's own.
/// </para>
/// <para>
/// Closing asks the node once more if something was shown that the session doesn't cover yet. It gives the connection back to the pool,
/// which resets it before the next user gets it.
/// </para>
/// </remarks>
public sealed partial class RoutedConnection : DbConnection
{
    private readonly RoutedDataSource _source;
    private SqlLane? _lane;
    private RoutedTransaction? _transaction;
    private WriteDurability _reached;
    private bool _isConnecting;
    private bool _disposed;

    internal RoutedConnection(RoutedDataSource source) => _source = source;

    /// <summary>The region of the node that the connection leads to, or led to last; the default value before it is opened.</summary>
    public RegionId Region { get; private set; }

    /// <summary>Whether that node was a replica or the primary when the connection was opened.</summary>
    public AnswerSource Source { get; private set; }

    /// <summary>How old the node's data could be when the connection was opened, as <see cref="ReadResult{T}.Age"/> says.</summary>
    public TimeSpan? Age { get; private set; }

    /// <summary>Why that node was chosen.</summary>
    public RouteReason Reason { get; private set; }

    /// <summary>
    /// The durability that the last commit on this connection reached, which may be less than asked; <see cref="WriteDurability.Unspecified"/>
    /// if nothing was committed since it was opened, or that isn't known.
    /// </summary>
    public WriteDurability Reached => _lane?.Reached ?? _reached;

    /// <summary>Always the data source's; setting another one is refused.</summary>
    /// <exception cref="NotSupportedException">Another one is set.</exception>
    [AllowNull]
    public override string ConnectionString
    {
        get => _source.ConnectionString;
        set
        {
            if (value != _source.ConnectionString)
            {
                throw new NotSupportedException("A routed connection belongs to its data source; make another data source instead.");
            }
        }
    }

    /// <summary>How long opening may take, in seconds rounded up: the data source's timeout.</summary>
    public override int ConnectionTimeout => (int)Math.Ceiling(_source.Scope.Read.Timeout.TotalSeconds);

    /// <summary>The name of the database; empty while the connection is closed.</summary>
    public override string Database => _lane?.Connection.Database ?? "";

    /// <summary>The configured name of the endpoint that the connection leads to; empty while it is closed.</summary>
    public override string DataSource => _lane?.Node.Definition.Name ?? "";

    /// <summary>The server's version.</summary>
    /// <exception cref="InvalidOperationException">The connection isn't open.</exception>
    public override string ServerVersion => Lane.Connection.ServerVersion;

    /// <summary>Open, closed, or connecting. A connection that was lost counts as closed, and can be opened again.</summary>
    public override ConnectionState State =>
        _isConnecting ? ConnectionState.Connecting : _lane is { IsUsable: true } ? ConnectionState.Open : ConnectionState.Closed;

    /// <summary>True.</summary>
    public override bool CanCreateBatch => true;

    internal RoutedDataSource Routes => _source;

    /// <exception cref="InvalidOperationException">The connection isn't open.</exception>
    internal SqlLane Lane => _lane is { IsUsable: true } lane ? lane : throw new InvalidOperationException("The connection isn't open.");

    /// <summary>Whether statements commit by themselves.</summary>
    internal bool IsAutocommit => _transaction is null;

    /// <summary>Opens as <see cref="OpenAsync"/> does, and blocks a thread while a node is chosen. Prefer the other one.</summary>
    public override void Open() => Blocking.Wait(OpenAsync(CancellationToken.None));

    /// <summary>Chooses a node, connects, and lets the node prove what is required. Costs one round trip when the pool has a connection.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The connection is open.</exception>
    /// <exception cref="NotSupportedException">A connection that writes is opened within a <see cref="TransactionScope"/>, which it can't join.</exception>
    /// <exception cref="DataTierException">
    /// As a repository's read: <see cref="NoEligibleRegionException"/>, <see cref="ConsistencyNotMetException"/>,
    /// <see cref="DeadlineExceededException"/>, <see cref="SessionHistoryLostException"/>, <see cref="InvalidSessionTokenException"/>,
    /// <see cref="StoreFailureException"/>; and <see cref="ThrottledException"/> if all connections are taken until time is up.
    /// </exception>
    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (State != ConnectionState.Closed)
        {
            throw new InvalidOperationException("The connection is open already.");
        }

        if (_source.Scope.Writes && Transaction.Current is not null)
        {
            throw SqlErrors.NoAmbientTransaction();
        }

        await CloseAsync(async: true).ConfigureAwait(false);
        _isConnecting = true;
        try
        {
            (_lane, var answer) = await _source.OpenAsync(cancellationToken).ConfigureAwait(false);
            (Region, Source, Age, Reason) = (answer.Region, answer.Source, answer.Age, answer.Reason);
        }
        finally
        {
            _isConnecting = false;
        }

        OnStateChange(new StateChangeEventArgs(ConnectionState.Closed, ConnectionState.Open));
    }

    /// <summary>Ends what is running, rolls back what is open, lets the session learn what was shown, and gives the connection back. Closing again does nothing.</summary>
    public override void Close() => Blocking.Completed(CloseAsync(async: false));

    /// <inheritdoc cref="Close"/>
    public override Task CloseAsync() => CloseAsync(async: true).AsTask();

    /// <summary>Refused: a data source leads to one database.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void ChangeDatabase(string databaseName) =>
        throw new NotSupportedException("A routed connection leads to one database; make another data source instead.");

    /// <summary>Refused: routed connections take part in no distributed transaction.</summary>
    /// <exception cref="NotSupportedException">Always, unless the transaction is null.</exception>
    public override void EnlistTransaction(Transaction? transaction)
    {
        if (transaction is not null)
        {
            throw SqlErrors.NoAmbientTransaction();
        }
    }

    internal void Ended(RoutedTransaction transaction) => _transaction = _transaction == transaction ? null : _transaction;

    /// <summary>A reader that was asked to close its connection is closed.</summary>
    internal void CloseBehindReader()
    {
        if (_lane is { } lane)
        {
            _lane = null;
            _transaction?.Abandon();
            lane.CloseBehindReader();
            OnStateChange(new StateChangeEventArgs(ConnectionState.Open, ConnectionState.Closed));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            Close();
            _disposed = true;
        }

        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            await CloseAsync(async: true).ConfigureAwait(false);
            _disposed = true;
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    internal async ValueTask CloseAsync(bool async)
    {
        if (_lane is not { } lane)
        {
            return;
        }

        try
        {
            if (_transaction is { } transaction)
            {
                await lane.EndReaderAsync(async).ConfigureAwait(false);
                await transaction.EndAsync(async).ConfigureAwait(false);
            }

            await lane.CloseAsync(async).ConfigureAwait(false);
        }
        finally
        {
            _reached = lane.Reached;
            _lane = null;
            OnStateChange(new StateChangeEventArgs(ConnectionState.Open, ConnectionState.Closed));
        }
    }
}
