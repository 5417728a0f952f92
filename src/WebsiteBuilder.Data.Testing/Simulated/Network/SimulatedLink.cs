using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// One direction of the way between two regions, or within one: requests of clients in <see cref="From"/> to nodes in <see cref="To"/>, answers of
/// nodes in <see cref="From"/> to clients in <see cref="To"/>, and what nodes tell each other along it: the log, and acknowledgements. Thread-safe.
/// </summary>
/// <remarks>
/// What a message meets is decided when it is sent, but for a cut, which holds it when it would arrive. Settings apply to messages that are sent from
/// then on; to a log on its way at once. Each request travels on a connection of its own, so jitter makes messages overtake each other; records of one log
/// never do.
/// </remarks>
public sealed class SimulatedLink
{
    /// <summary>What a lost packet costs on a stream: the least retransmission timeout of Linux.</summary>
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);

    /// <summary>After how long a replica connects anew: PostgreSQL's <c>wal_retrieve_retry_interval</c>.</summary>
    private static readonly TimeSpan Reconnection = TimeSpan.FromSeconds(5);

    private readonly SimulatedNetwork _network;
    private volatile bool _isBlocked;
    private long _delay;
    private long _extraDelay;
    private long _jitter;
    private double _loss;
    private double _reset;
    private double _duplication;

    internal SimulatedLink(SimulatedNetwork network, RegionId from, RegionId to, TimeSpan delay)
    {
        _network = network;
        From = from;
        To = to;
        _delay = delay.Ticks;
    }

    /// <summary>Where it begins.</summary>
    public RegionId From { get; }

    /// <summary>Where it ends.</summary>
    public RegionId To { get; }

    /// <summary>What a message takes at least: zero or more. Half of the round trip where <see cref="SimulatedCluster.RoundTrip"/> set it; zero by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _delay));
        set => Change(ref _delay, Required(value).Ticks);
    }

    /// <summary>What a message takes on top of <see cref="Delay"/>: zero or more. Default: zero. <see cref="SimulatedNetwork.Heal"/> takes it away.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public TimeSpan ExtraDelay
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _extraDelay));
        set => Change(ref _extraDelay, Required(value).Ticks);
    }

    /// <summary>
    /// Each message takes up to this much longer, evenly spread: zero or more. Default: zero. Messages overtake each other then; records of one log wait
    /// for those before them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public TimeSpan Jitter
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _jitter));
        set => Change(ref _jitter, Required(value).Ticks);
    }

    /// <summary>
    /// The probability, 0 to 1, that a request or an answer vanishes and nothing ever comes back: only the caller's own limit ends the wait. Default: 0.
    /// A request that is lost has no effect; behind a lost answer stands a request that was carried out. The log loses nothing: a loss
    /// delays it by 200 ms, as a retransmission does.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double Loss
    {
        get => Volatile.Read(ref _loss);
        set => Change(ref _loss, SimulatedOdds.Required(value));
    }

    /// <summary>
    /// The probability, 0 to 1, that the connection is reset while a request or an answer is on its way: the caller learns of it at once. Default: 0.
    /// Half of the requests that meet one had arrived, and are carried out; whether or not, a write is ambiguous. The log goes on after 5 s, when the replica
    /// connects anew.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double Reset
    {
        get => Volatile.Read(ref _reset);
        set => Change(ref _reset, SimulatedOdds.Required(value));
    }

    /// <summary>
    /// The probability, 0 to 1, that a read, probe or sample is carried out twice; the later answer is dropped. Default: 0. Writes never are, for TCP
    /// delivers once; nor are records of a log.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double Duplication
    {
        get => Volatile.Read(ref _duplication);
        set => Change(ref _duplication, SimulatedOdds.Required(value));
    }

    /// <summary>Whether this direction was cut, by <see cref="Cut"/> or because one of its ends was isolated.</summary>
    public bool IsCut => _isBlocked;

    /// <summary>Whether it was cut by itself, whatever became of its ends.</summary>
    internal bool WasCut { get; set; }

    internal bool IsTroubled => Volatile.Read(ref _loss) > 0 || Volatile.Read(ref _reset) > 0;

    /// <summary>
    /// Cuts this direction: messages are held, and arrive after it is restored, as TCP would send them again; held longer than
    /// <see cref="SimulatedNetwork.ConnectionLifetime"/> they are gone. Cutting again does nothing.
    /// </summary>
    public void Cut() => _network.Set(this, isCut: true);

    /// <summary>Ends a cut. If one of the link's ends is isolated, it stays cut until that ends.</summary>
    public void Restore() => _network.Set(this, isCut: false);

    /// <summary>Its ends and its state, such as <c>eu-west-1 → us-east-1 (cut)</c>.</summary>
    public override string ToString() => $"{From} → {To}{(IsCut ? " (cut)" : "")}";

    internal void Block(bool isBlocked) => _isBlocked = isBlocked;

    internal void Calm()
    {
        WasCut = false;
        Volatile.Write(ref _extraDelay, 0);
        Volatile.Write(ref _jitter, 0);
        Volatile.Write(ref _loss, 0);
        Volatile.Write(ref _reset, 0);
        Volatile.Write(ref _duplication, 0);
    }

    /// <summary>How long one message takes.</summary>
    internal TimeSpan Take(Dice dice) =>
        TimeSpan.FromTicks(Volatile.Read(ref _delay) + Volatile.Read(ref _extraDelay)) + dice.UpTo(TimeSpan.FromTicks(Volatile.Read(ref _jitter)));

    /// <summary>What one part of a stream takes beyond the delays: jitter, and what is lost or reset is sent again.</summary>
    internal TimeSpan TakeAgain(Dice dice)
    {
        var more = dice.UpTo(TimeSpan.FromTicks(Volatile.Read(ref _jitter)));
        if (IsTroubled)
        {
            more += dice.Happens(Loss) ? Retransmission : TimeSpan.Zero;
            more += dice.Happens(Reset) ? Reconnection : TimeSpan.Zero;
        }

        return more;
    }

    private static TimeSpan Required(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        return span;
    }

    private void Change(ref long field, long value)
    {
        Volatile.Write(ref field, value);
        _network.Changed();
    }

    private void Change(ref double field, double value)
    {
        Volatile.Write(ref field, value);
        _network.Changed();
    }
}
