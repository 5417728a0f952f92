using System.Data;
using System.Data.Common;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Connections;

/// <summary>The end of a lane.</summary>
internal sealed partial class SqlLane
{
    /// <summary>Ends what is open, lets the session learn what was shown, and gives the connection back.</summary>
    public async ValueTask CloseAsync(bool async)
    {
        _closed = true;
        _watch?.Dispose();
        if (link.Connection.State == ConnectionState.Open)
        {
            await EndReaderAsync(async).ConfigureAwait(false);
        }

        if (scope.Counts && _exposure.IsUnsettled && link.Connection.State == ConnectionState.Open)
        {
            await SettleAsync(async).ConfigureAwait(false);
        }

        await Blocking.DisposeAsync(link, async).ConfigureAwait(false);
    }

    /// <summary>
    /// Closes from within the end of a reader, where nothing can be asked on this connection: the node is asked over another one, and the
    /// connection itself goes back a moment later.
    /// </summary>
    public void CloseBehindReader()
    {
        _closed = true;
        _watch?.Dispose();
        var engine = scope.Engine;
        if (scope.Counts)
        {
            Blocking.Wait(Settlement.TryAsync(engine, scope.Session, engine.Topology, scope.Read.Timeout, CancellationToken.None).AsTask());
        }

        _ = engine.Runtime.Start(() => link.DisposeAsync().AsTask());
    }

    /// <summary>Closes the reader that is open, if any.</summary>
    public async ValueTask EndReaderAsync(bool async)
    {
        try
        {
            if (_reader is { IsClosed: false } reader)
            {
                await Blocking.DisposeAsync(reader, async).ConfigureAwait(false);
            }
        }
        catch (DbException)
        {
            // What the reader still had to say is of no interest to somebody who closes the connection.
        }
    }

    private async ValueTask SettleAsync(bool async)
    {
        var mark = _exposure.Mark;
        try
        {
            if (scope.Writes)
            {
                Learn(await link.PositionAsync(async, CancellationToken.None).ConfigureAwait(false), rows: true);
                _exposure.SettledUpTo(mark);
                return;
            }

            var stamp = await link.StampAsync(async, CancellationToken.None).ConfigureAwait(false);
            Settlement.Learn(scope.Engine, scope.Session, scope.Engine.Topology, _exposure, stamp, mark);
        }
        catch (StoreFaultException fault)
        {
            // The session remembers that something was shown, and asks when it must know.
            Note(fault);
        }
    }
}
