using System.Data;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Open connections that nobody uses right now. The one that was used last is the next to be used again: its server process is warm, and those at the other end are seen to be of no use.
/// (The driver's pool lends the one that was idle for longest.) Thread-safe.
/// </summary>
/// <param name="time">What idle times are measured by.</param>
/// <param name="maxIdle">How long one is kept that nobody uses.</param>
/// <param name="maxAge">How long one is kept at all; zero for as long as it works.</param>
internal sealed class IdleConnections(TimeProvider time, TimeSpan maxIdle, TimeSpan maxAge)
{
    private readonly Lock _lock = new();
    private readonly List<PlacedConnection> _idle = [];
    private readonly long _origin = time.GetTimestamp();
    private int _generation;
    private bool _isClosed;

    public TimeSpan Now => time.GetElapsedTime(_origin);

    /// <summary>How often all have been closed. Take it before a connection is opened.</summary>
    public int Generation => Volatile.Read(ref _generation);

    public PlacedConnection? Take()
    {
        while (true)
        {
            PlacedConnection last;
            lock (_lock)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                last = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            var idleFor = Now - last.IdleSince;
            if (last.Connection.FullState == ConnectionState.Open && idleFor <= maxIdle)
            {
                last.IsClean = false;
                last.IdleFor = idleFor;
                return last;
            }

            last.Close();
        }
    }

    /// <summary>Whether the connection is kept; if not, its user closes it.</summary>
    public bool TryKeep(PlacedConnection connection)
    {
        if (connection.Connection.FullState != ConnectionState.Open)
        {
            return false;
        }

        PlacedConnection? old = null;
        lock (_lock)
        {
            connection.IdleSince = Now;
            if (_isClosed || connection.Generation != _generation || (maxAge > TimeSpan.Zero && connection.IdleSince - connection.OpenedAt > maxAge))
            {
                return false;
            }

            _idle.Add(connection);
            if (connection.IdleSince - _idle[0].IdleSince > maxIdle)
            {
                old = _idle[0];
                _idle.RemoveAt(0);
            }
        }

        old?.Close();
        return true;
    }

    /// <summary>Gives all of them back to the driver; those in use follow when their users have done with them.</summary>
    /// <param name="forGood">Whether none will be kept any more.</param>
    public void CloseAll(bool forGood = false)
    {
        PlacedConnection[] all;
        lock (_lock)
        {
            _isClosed |= forGood;
            _generation++;
            all = [.. _idle];
            _idle.Clear();
        }

        foreach (var connection in all)
        {
            connection.Close();
        }
    }
}
