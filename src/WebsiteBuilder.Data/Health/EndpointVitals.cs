using System.Runtime.CompilerServices;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Fast-moving estimates of one endpoint. They decide whom to ask first and never whether an answer is right. Thread-safe.
/// </summary>
internal sealed class EndpointVitals(HealthPolicy policy)
{
    /// <summary>New = 0.2 sample + 0.8 old, as in the MongoDB drivers' server selection specification.</summary>
    private const double Weight = 0.2;

    /// <summary>Round trips in a row that must agree before the estimate is trusted.</summary>
    private const int Enough = 4;

    /// <summary>Round trips agree when neither is more than twice the other and this, in ticks.</summary>
    private const long Tolerance = 5 * TimeSpan.TicksPerMillisecond;

    /// <summary>What takes so many times longer than the way, and this, in ticks, makes the way be measured again.</summary>
    private const int Farther = 4;

    private const long FartherBy = 10 * TimeSpan.TicksPerMillisecond;

    private const long HalfAMillisecond = TimeSpan.TicksPerMillisecond / 2;

    /// <summary>So much that its hundredth part is a tick.</summary>
    private const long MinLate = 100;

    private readonly Lock _lock = new();
    private Rotation _rotation = new(policy);
    private NodeWatch? _watch;
    private long _begun;
    private long _ended;
    private int _probes;
    private long _heard;
    private AnswerPace _pace;
    private volatile bool _mayBeFarther;
    private volatile bool _needsEvidence = true;
    private long _roundTrip = -1;
    private int _agreeing;
    private long _whileOut = long.MaxValue;
    private long _late;
    private long _catchUp;
    private ulong _position;
    private long _observedAt = -1;
    private long _lag = -1;
    private EndpointHealth _health;

    public EndpointHealth Health => (EndpointHealth)Volatile.Read(ref Unsafe.As<EndpointHealth, int>(ref _health));

    /// <summary>Whether a success would change anything.</summary>
    public bool NeedsEvidence => _needsEvidence;

    /// <summary>Operations that were begun here, ever.</summary>
    public long Begun => Volatile.Read(ref _begun);

    /// <summary>Operations on their way.</summary>
    public int InFlight
    {
        get
        {
            var ended = Volatile.Read(ref _ended);
            return (int)(Volatile.Read(ref _begun) - ended);
        }
    }

    /// <summary>How many wait for the node, probes included.</summary>
    public int Waiting => InFlight + Volatile.Read(ref _probes);

    /// <summary>How often the node has said anything. Of what it says at once to several, some may go uncounted.</summary>
    public long Heard => Volatile.Read(ref _heard);

    /// <summary>How long its answers to reads take of late.</summary>
    public ref AnswerPace Pace => ref _pace;

    /// <summary>Smoothed round trip; null until measured.</summary>
    public TimeSpan? RoundTrip => Volatile.Read(ref _roundTrip) is >= 0 and var ticks ? new TimeSpan(ticks) : null;

    /// <summary>Whether the latest round trips agree with one another; if not, asking again soon tells whether the way or the moment was to blame.</summary>
    public bool IsRoundTripSure => Volatile.Read(ref _agreeing) >= Enough;

    /// <summary>The highest position that the node is known to have.</summary>
    public ulong Position => Volatile.Read(ref _position);

    /// <summary>When the node last told its position; null for never.</summary>
    public TimeSpan? ObservedAt => Volatile.Read(ref _observedAt) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>How stale the node could be when it last told its position; null for unknown, which is not zero.</summary>
    public TimeSpan? Lag => Volatile.Read(ref _lag) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>How long after a session learns of a position this node usually has it.</summary>
    public TimeSpan CatchUp => new(Volatile.Read(ref _catchUp));

    /// <summary>How long an operation takes that takes longer than 19 of 20; null until one was answered.</summary>
    public TimeSpan? Late => Volatile.Read(ref _late) is > 0 and var ticks ? new TimeSpan(ticks) : null;

    /// <summary>Has somebody look whether it goes silent while somebody waits for it.</summary>
    public void WatchBy(NodeWatch watch) => _watch = watch;

    public void Began()
    {
        Interlocked.Increment(ref _begun);
        _watch?.LookOn();
    }

    public void Ended() => Interlocked.Increment(ref _ended);

    public void ProbeBegan()
    {
        Interlocked.Increment(ref _probes);
        _watch?.LookOn();
    }

    public void ProbeEnded() => Interlocked.Decrement(ref _probes);

    /// <summary>The node has said something, whatever it was.</summary>
    public void Spoke() => Volatile.Write(ref _heard, _heard + 1);

    /// <summary>Whether an answer took so long that the way may have become longer; asked once.</summary>
    public bool TakeMayBeFarther()
    {
        var may = _mayBeFarther;
        _mayBeFarther = false;
        return may;
    }

    /// <summary>
    /// A round trip was measured. It is the way there and back plus whatever came in between, such as connecting or a busy machine: so a
    /// shorter one is believed at once, a longer one by and by.
    /// </summary>
    public void Measured(TimeSpan roundTrip)
    {
        lock (_lock)
        {
            var sample = roundTrip.Ticks;
            var isShorter = _roundTrip < 0 || sample < _roundTrip;
            if (!isShorter && _rotation.Health == EndpointHealth.Unhealthy)
            {
                // It may measure for how long the node was no good, and not the way. Of several the shortest is believed when the node is back.
                _whileOut = Math.Min(sample, _whileOut);
                return;
            }

            var agrees = _roundTrip >= 0 && Math.Max(sample, _roundTrip) <= (2 * Math.Min(sample, _roundTrip)) + Tolerance;
            Volatile.Write(ref _agreeing, agrees ? Math.Min(_agreeing + 1, Enough) : 0);
            Volatile.Write(ref _roundTrip, isShorter ? sample : Smoothed(_roundTrip, sample));
        }
    }

    /// <summary>A read was answered, so the round trip is no longer than that. Costs next to nothing while this is no news.</summary>
    /// <remarks>
    /// The 95th percentile goes up by 0.2 × 0.95 of itself with each answer above it and down by 0.2 × 0.05 with each below (Yazidi, Hammer: Multiplicative Update Methods for Incremental
    /// Quantile Estimation, 2017). Answers that come at once may overwrite each other's step.
    /// </remarks>
    public void AnsweredWithin(TimeSpan elapsed)
    {
        var late = Volatile.Read(ref _late);
        Volatile.Write(ref _late, late == 0 ? Math.Max(elapsed.Ticks, MinLate) : elapsed.Ticks > late ? Later(late) : Math.Max(late - (late / 100), MinLate));
        _pace.Took(elapsed);
        var roundTrip = Volatile.Read(ref _roundTrip);
        if (elapsed.Ticks < roundTrip)
        {
            Measured(elapsed);
        }
        else if (elapsed.Ticks > (Farther * roundTrip) + FartherBy)
        {
            _mayBeFarther = true;
        }
    }

    /// <summary>An operation was left that had taken that long.</summary>
    public void TookLonger(TimeSpan elapsed)
    {
        var late = Volatile.Read(ref _late);
        if (elapsed.Ticks > late)
        {
            Volatile.Write(ref _late, late == 0 ? elapsed.Ticks : Later(late));
        }
    }

    /// <summary>The node told its position.</summary>
    /// <param name="position">The position.</param>
    /// <param name="now">The time.</param>
    /// <param name="lag">How stale it could be; null for unknown.</param>
    public void AtPosition(ulong position, TimeSpan now, TimeSpan? lag)
    {
        lock (_lock)
        {
            Volatile.Write(ref _position, Math.Max(position, _position));
            Volatile.Write(ref _observedAt, now.Ticks);
            Volatile.Write(ref _lag, lag?.Ticks ?? -1);
            if (lag is { } known)
            {
                // What is this fresh needs no longer than that to catch up.
                Volatile.Write(ref _catchUp, Math.Min(_catchUp, known.Ticks));
            }
        }
    }

    /// <summary>A promotion made positions above the switch point void.</summary>
    public void ClipPosition(ulong end)
    {
        lock (_lock)
        {
            Volatile.Write(ref _position, Math.Min(end, _position));
        }
    }

    /// <summary>The node didn't have a position this long after it was learned of.</summary>
    public void WasBehind(TimeSpan sinceLearned)
    {
        lock (_lock)
        {
            // It takes longer than that; doubling reaches any delay in a few steps, and another node's cost after about as long.
            Volatile.Write(ref _catchUp, Math.Max(_catchUp, (sinceLearned.Ticks * 2) + HalfAMillisecond));
        }
    }

    /// <summary>The node had a position this long after it was learned of.</summary>
    public void HadCaughtUp(TimeSpan sinceLearned)
    {
        if (Volatile.Read(ref _catchUp) == 0)
        {
            return;
        }

        lock (_lock)
        {
            Volatile.Write(ref _catchUp, Smoothed(_catchUp, Math.Min(sinceLearned.Ticks, _catchUp)));
        }
    }

    /// <summary>Counts evidence that the node works. Returns the health that follows.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isNeeded">Whether nobody can stand in for it.</param>
    public EndpointHealth Succeeded(TimeSpan now, bool isNeeded = false)
    {
        lock (_lock)
        {
            _rotation.Succeeded(now, isNeeded);
            return Show();
        }
    }

    /// <summary>Counts evidence that it doesn't. Returns the health that follows.</summary>
    public EndpointHealth Failed(TimeSpan now)
    {
        lock (_lock)
        {
            _rotation.Failed(now);
            return Show();
        }
    }

    /// <summary>The node can't be used, however often it is asked. Returns the health that follows.</summary>
    public EndpointHealth Refuted(TimeSpan now)
    {
        lock (_lock)
        {
            _rotation.Leave(now);
            return Show();
        }
    }

    private EndpointHealth Show()
    {
        if (_health == EndpointHealth.Unhealthy && _rotation.Health == EndpointHealth.Healthy && _whileOut != long.MaxValue)
        {
            Volatile.Write(ref _roundTrip, Math.Max(_whileOut, _roundTrip));
            _agreeing = 0;
        }

        _whileOut = _rotation.Health == EndpointHealth.Unhealthy ? _whileOut : long.MaxValue;
        _needsEvidence = _rotation.NeedsEvidence;
        Volatile.Write(ref Unsafe.As<EndpointHealth, int>(ref _health), (int)_rotation.Health);
        return _health;
    }

    private static long Later(long late) => late + (late * 19 / 100);

    private static long Smoothed(long old, long sample) => (long)((Weight * sample) + ((1 - Weight) * old));
}
