namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Keeps the map of who is who: finds the first one, and a new one when something doesn't fit any more. One thread, made when it is first needed.</summary>
internal sealed class RedisMapKeeper(RedisSettings settings, RedisDiscovery discovery, Action changed) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Wanting = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Routine = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private RedisMap? _map;
    private Thread? _thread;
    private bool _asked;
    private bool _searching;
    private long _searchedAt;
    private bool _stopped;

    /// <summary>Who is who; null until it is known.</summary>
    public RedisMap? Map => Volatile.Read(ref _map);

    /// <summary>Whether the search is under way that somebody may wait for.</summary>
    public bool IsSearching => Volatile.Read(ref _searching);

    /// <summary>Why the last search found nothing.</summary>
    public RedisFaultException? Why { get; private set; }

    /// <summary>Whether a part of the map can't be reached, so that a new one is likely to come; asked after each search.</summary>
    public Func<RedisMap, bool>? IsBroken { get; init; }

    /// <summary>Makes it search.</summary>
    public void Doubt()
    {
        lock (_gate)
        {
            if (_stopped || _asked)
            {
                return;
            }

            _asked = true;
            if (_thread is null)
            {
                _thread = new Thread(Run, 512 * 1024) { IsBackground = true, Name = "redis map" };
                _thread.UnsafeStart();
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Makes it search if it hasn't for a second: for somebody who isn't on the map, but may be there by now.</summary>
    public void Want()
    {
        if (settings.Runtime.Time.GetElapsedTime(Volatile.Read(ref _searchedAt)) >= Wanting)
        {
            Doubt();
        }
    }

    public void Moved(int slot, RedisNode to)
    {
        lock (_gate)
        {
            _map = _map?.Moved(slot, to);
        }

        Doubt();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                (_asked, _searching) = (false, true);
            }

            Search();
            changed();
            lock (_gate)
            {
                // Not more often than this, however many calls ask for it.
                var paused = settings.Runtime.Time.GetTimestamp();
                while (!_stopped && Pause - settings.Runtime.Time.GetElapsedTime(paused) is { Ticks: > 0 } rest)
                {
                    Patience.Wait(_gate, rest, settings.Runtime.Time);
                }

                if (!_stopped && !_asked && _map is { } map && IsBroken?.Invoke(map) != true)
                {
                    Patience.Wait(_gate, Routine, settings.Runtime.Time);
                }
            }
        }
    }

    private void Search()
    {
        RedisMap? found = null;
        RedisFaultException? why;
        try
        {
            found = discovery.Find(Map, out why);
        }
        catch (Exception error)
        {
            why = LaneFaults.OfLoss(error);
        }

        lock (_gate)
        {
            Why = why;
            Volatile.Write(ref _searchedAt, settings.Runtime.Time.GetTimestamp());
            _searching = false;
            _map = found ?? _map;
        }
    }
}
