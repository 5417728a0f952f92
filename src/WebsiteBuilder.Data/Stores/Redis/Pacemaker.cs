namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// The thread that keeps time for a channel: deadlines, keepalives, and calls that the thread pool forgets. The platform's timers run on the
/// thread pool, which may be starved; this thread isn't. Nothing may block on it.
/// </summary>
internal sealed class Pacemaker : IDisposable
{
    private const int BeatsBeforeRest = 40;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<long, bool> _beat;
    private readonly long _ticksPerBeat;
    private long _nextBeat = long.MaxValue;
    private long _soonest = long.MaxValue;
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
        if (deadline >= Volatile.Read(ref _nextBeat) && Volatile.Read(ref _nextBeat) != long.MaxValue)
        {
            return;
        }

        lock (_gate)
        {
            _soonest = Math.Min(_soonest, deadline);
        }

        Wake();
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
        var idle = 0;
        while (true)
        {
            // It goes on for a while: to be woken for each of a few calls in turn would cost more than beating.
            idle = _beat(_time.GetTimestamp()) ? 0 : idle + 1;
            var busy = idle < BeatsBeforeRest;
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                if (!_woken)
                {
                    var (now, span) = (_time.GetTimestamp(), busy ? Beat : Rest);
                    if (_soonest > now && _soonest != long.MaxValue)
                    {
                        span = TimeSpan.FromTicks(Math.Min(span.Ticks, _time.GetElapsedTime(now, _soonest).Ticks + TimeSpan.TicksPerMillisecond));
                    }
                    else
                    {
                        _soonest = long.MaxValue;
                    }

                    Volatile.Write(ref _nextBeat, busy ? now + _ticksPerBeat : long.MaxValue);
                    Patience.Wait(_gate, span, _time);
                }

                idle = _woken ? 0 : idle;
                _woken = false;
            }
        }
    }
}
