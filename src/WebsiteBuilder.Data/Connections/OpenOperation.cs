using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Connections;

/// <summary>
/// Opens a connection as if that were a read: the engine chooses the node, judges what it proves, and goes elsewhere if it must. Keeps track
/// of what it opened, because the engine drops answers that come too late or don't prove enough, and a dropped connection would be lost to
/// its pool.
/// </summary>
internal sealed class OpenOperation(SqlScope scope) : IReadOperation<ISqlLink>
{
    private readonly Lock _lock = new();
    private readonly List<ISqlLink> _opened = [];
    private bool _ended;

    public string Name { get; } = scope.Operation("open");

    public uint? KeyHash => null;

    public bool ShowsRows => false;

    /// <summary>Whether the last attempt that wasn't given up found no place for another connection.</summary>
    public bool WasThrottled { get; private set; }

    public async Task<StoreRead<ISqlLink>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken)
    {
        await CloseAsync(Forget(null)).ConfigureAwait(false);
        var attempt = scope.Engine.Attempts.AttemptTimeout;
        var wait = (scope.Read.Timeout < attempt ? scope.Read.Timeout : attempt) / 2;
        try
        {
            var read = await ((ISqlStore)endpoint).ConnectAsync(
                new SqlGuard(guard, scope.Writes, scope.Write?.Durability ?? default, wait, scope.Read.Timeout), cancellationToken).ConfigureAwait(false);
            if (!Keep(read.Value))
            {
                await read.Value.DisposeAsync().ConfigureAwait(false);
                throw new StoreFaultException(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "The connection came too late.");
            }

            WasThrottled = false;
            return read;
        }
        catch (StoreFaultException fault) when (fault.Kind != StoreFaultKind.Cancelled)
        {
            // Cancelled when time runs out, which says nothing of why.
            WasThrottled = fault.Kind == StoreFaultKind.Throttled;
            throw;
        }
    }

    /// <summary>Closes all connections but the one that was chosen, and those that are still to come.</summary>
    public async ValueTask EndAsync(ISqlLink? chosen)
    {
        lock (_lock)
        {
            _ended = true;
        }

        await CloseAsync(Forget(chosen)).ConfigureAwait(false);
    }

    private bool Keep(ISqlLink link)
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _opened.Add(link);
            }

            return !_ended;
        }
    }

    private ISqlLink[] Forget(ISqlLink? chosen)
    {
        lock (_lock)
        {
            ISqlLink[] others = [.. _opened.Where(link => link != chosen)];
            _opened.Clear();
            return others;
        }
    }

    private static async ValueTask CloseAsync(ISqlLink[] links)
    {
        foreach (var link in links)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }
    }
}
