using System.Data;
using System.Data.Common;

namespace WebsiteBuilder.Data.Connections;

/// <summary>A transaction on a routed connection. Its commit tells the session its position.</summary>
internal sealed class RoutedTransaction(RoutedConnection connection, DbTransaction inner) : DbTransaction
{
    private readonly SqlLane _lane = connection.Lane;
    private readonly IsolationLevel _isolationLevel = inner.IsolationLevel;

    // The driver keeps one transaction object per connection and uses it again, so it must be let go of when it has ended.
    private DbTransaction? _inner = inner;
    private bool _disposed;

    public override IsolationLevel IsolationLevel => _isolationLevel;

    public override bool SupportsSavepoints => true;

    protected override DbConnection? DbConnection => _inner is null ? null : connection;

    private DbTransaction Inner
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _inner ?? throw new InvalidOperationException("This transaction has been committed or rolled back already, or its connection was closed.");
        }
    }

    public override void Commit() => Blocking.Completed(CommitAsync(async: false, CancellationToken.None));

    public override Task CommitAsync(CancellationToken cancellationToken = default) => CommitAsync(async: true, cancellationToken).AsTask();

    public override void Rollback()
    {
        try
        {
            Inner.Rollback();
        }
        finally
        {
            Blocking.Completed(EndAsync(async: false));
        }
    }

    public override async Task RollbackAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await Inner.RollbackAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await EndAsync(async: true).ConfigureAwait(false);
        }
    }

    public override void Save(string savepointName) => Inner.Save(savepointName);

    public override Task SaveAsync(string savepointName, CancellationToken cancellationToken = default) =>
        Inner.SaveAsync(savepointName, cancellationToken);

    public override void Rollback(string savepointName) => Inner.Rollback(savepointName);

    public override Task RollbackAsync(string savepointName, CancellationToken cancellationToken = default) =>
        Inner.RollbackAsync(savepointName, cancellationToken);

    public override void Release(string savepointName) => Inner.Release(savepointName);

    public override Task ReleaseAsync(string savepointName, CancellationToken cancellationToken = default) =>
        Inner.ReleaseAsync(savepointName, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        await EndAsync(async: true).ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Forgets the driver's transaction, which ends with its connection.</summary>
    public void Abandon()
    {
        _inner = null;
        connection.Ended(this);
    }

    /// <summary>Lets go of the driver's transaction, and so rolls back what is open.</summary>
    public async ValueTask EndAsync(bool async)
    {
        if (_inner is { } ended)
        {
            Abandon();
            if (_lane.IsUsable)
            {
                await Blocking.DisposeAsync(ended, async).ConfigureAwait(false);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed = true;
            Blocking.Completed(EndAsync(async: false));
        }

        base.Dispose(disposing);
    }

    private async ValueTask CommitAsync(bool async, CancellationToken cancellationToken)
    {
        var current = Inner;
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (connection.Routes.Scope.Writes)
            {
                await _lane.CommitAsync(async, cancellationToken).ConfigureAwait(false);
            }
            else if (async)
            {
                // Nothing can have been written.
                await current.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                current.Commit();
            }
        }
        finally
        {
            await EndAsync(async).ConfigureAwait(false);
        }
    }
}
