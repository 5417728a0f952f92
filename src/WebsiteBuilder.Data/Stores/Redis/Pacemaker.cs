namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// The thread that keeps time for a channel: deadlines, keepalives, and calls that the thread pool forgets. The platform's timers run on the
/// thread pool, which may be starved; this thread isn't. Nothing may block on it.
/// </summary>
internal sealed class Pacemaker : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<long, bool> _beat;
    private readonly long _ticksPerBeat;
    private long _nextBeat = long.MaxValue;
    private bool _woken;
    private bool _stopped;
    private Thread? _thread;

    /// <param name="time">The clock.</param>
    /// <param name="beat">Called at each beat with the time; says whether anything is going on, so that there must be a next one soon.</param>
    public Pacemaker(TimeProvider time, Func<long, bool> beat)
    {
        (_time, _beat) = (time, beat);
        _ticksPerBeat = (long)(Beat.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>How long it rests when nothing goes on.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Makes sure that it beats not much later than this.</summary>
    public void Expect(long deadline)
    {
        if (deadline < Volatile.Read(ref _nextBeat) || Volatile.Read(ref _nextBeat) == long.MaxValue)
        {
            Wake();
        }
    }

    public void Wake()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _woken = true;
            if (_thread is null)
            {
                _thread = new Thread(Run, 128 * 1024) { IsBackground = true, Name = "redis pace" };
                _thread.UnsafeStart();
            }

            Monitor.PulseAll(_gate);
        }
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
            var busy = _beat(_time.GetTimestamp());
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                if (!_woken)
                {
                    Volatile.Write(ref _nextBeat, busy ? _time.GetTimestamp() + _ticksPerBeat : long.MaxValue);
                    Patience.Wait(_gate, busy ? Beat : Rest, _time);
                }

                _woken = false;
            }
        }
    }
}
