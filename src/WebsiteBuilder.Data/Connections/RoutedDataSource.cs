using System.Data.Common;
using WebsiteBuilder.Data.Connections;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data;

/// <summary>
/// Connections for ADO.NET code, Dapper and EF Core that are routed as the reads and writes of repositories are, and take part in their
/// session. Made by <see cref="IDataSession.CreateDataSource"/>; costs nothing until a connection is opened. Thread-safe; its connections
/// aren't.
/// </summary>
/// <remarks>
/// <para>
/// The intent belongs to the data source; the node is chosen when a connection is opened. For reading that is the nearest node that proves,
/// before the connection is handed out, what the session requires at the level that was asked for. For writing it is the primary of the
/// shard's current history, which also proves that it shows what the session has seen.
/// </para>
/// <para>
/// What a connection shows is thus at least as new as its session was <em>when it was opened</em>. What the session writes or sees elsewhere
/// afterwards is not waited for on a connection that is already open. The other way round there is no gap within the process: whatever
/// uses the session next covers all rows that were shown before, also those of a reader that is still open. The session's
/// <see cref="IDataSession.Token"/> covers them once the connection is closed.
/// </para>
/// <para>
/// Commits, and statements outside of a transaction, advance the session; see <see cref="RoutedConnection"/>. Errors of opening and of
/// committing are <see cref="DataTierException"/>s; errors of statements are the driver's own, such as
/// <see cref="Npgsql.PostgresException"/>.
/// </para>
/// </remarks>
public sealed class RoutedDataSource : DbDataSource
{
    private readonly SqlScope _scope;
    private bool _disposed;

    internal RoutedDataSource(SqlScope scope) => _scope = scope;

    /// <summary>Whether connections read or write.</summary>
    public OperationIntent Intent => _scope.Writes ? OperationIntent.Write : OperationIntent.Read;

    /// <summary>The same text for all data sources. It names no node, because that is chosen later, and can't open anything by itself.</summary>
    public override string ConnectionString => "Application Name=WebsiteBuilder.Data sql;Enlist=False";

    /// <summary>Makes the driver's commands, parameters and batches before a node is known.</summary>
    internal DbProviderFactory Provider => ((ISqlStore)_scope.Engine.Shard.Nodes[0].Store).Provider;

    internal SqlScope Scope => _scope;

    /// <summary>Makes a connection that is closed.</summary>
    /// <exception cref="ObjectDisposedException">The data source is disposed.</exception>
    public new RoutedConnection CreateConnection()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new RoutedConnection(this);
    }

    /// <summary>Opens a connection, blocking a thread meanwhile; see <see cref="RoutedConnection.OpenAsync"/> for its errors.</summary>
    public new RoutedConnection OpenConnection() => (RoutedConnection)base.OpenConnection();

    /// <summary>Opens a connection; see <see cref="RoutedConnection.OpenAsync"/> for its errors.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public new async ValueTask<RoutedConnection> OpenConnectionAsync(CancellationToken cancellationToken = default) =>
        (RoutedConnection)await base.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);

    internal async Task<(SqlLane Lane, ReadResult<ISqlLink> Answer)> OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var operation = new OpenOperation(_scope);
        ISqlLink? chosen = null;
        try
        {
            var answer = await new ReadExecution<OpenOperation, ISqlLink>(
                _scope.Engine, operation, _scope.Session, _scope.Read, _scope.Engine.Runtime.Now, cancellationToken).RunAsync().ConfigureAwait(false);
            chosen = answer.Value;
            var lane = new SqlLane(_scope, chosen, NodeOf(answer));
            lane.Watch();
            return (lane, answer);
        }
        catch (DataTierException exception) when (operation.WasThrottled && exception is DeadlineExceededException or ThrottledException)
        {
            throw SqlErrors.NoPlace(_scope, exception);
        }
        finally
        {
            await operation.EndAsync(chosen).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override DbConnection CreateDbConnection() => CreateConnection();

    /// <summary>Nothing is held here: connections that are open stay open, new ones are refused.</summary>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }

    /// <inheritdoc cref="Dispose(bool)"/>
    protected override ValueTask DisposeAsyncCore()
    {
        _disposed = true;
        return base.DisposeAsyncCore();
    }

    private ShardNode NodeOf(ReadResult<ISqlLink> answer) =>
        Array.Find(_scope.Engine.Shard.Nodes, node => node.Definition.Name == answer.Endpoint)!;
}
