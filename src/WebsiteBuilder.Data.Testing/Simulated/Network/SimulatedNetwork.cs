using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// The network between the regions of a <see cref="SimulatedCluster"/>: a link for each direction between two regions, and within each region. Clients talk
/// to nodes, and nodes to their replicas, over the same links. Thread-safe.
/// </summary>
/// <remarks>
/// A link comes into being when it is first asked for, or used. With the cluster's seed, equal histories of settings and messages give equal fates. Clients
/// talk to nodes only, and within one process: no message of theirs to each other is simulated.
/// </remarks>
public sealed class SimulatedNetwork
{
    private static readonly double LongestTimer = TimeSpan.FromDays(30).TotalMilliseconds;

    private readonly EngineRuntime _runtime;
    private readonly Dice _dice;
    private readonly Action _changed;
    private readonly TaskCreationOptions _completions;
    private readonly Dictionary<(RegionId From, RegionId To), SimulatedLink> _byEnds = [];
    private readonly List<SimulatedLink> _links = [];
    private readonly List<RegionId> _isolated = [];
    private Func<RegionId, RegionId, TimeSpan?> _delays = static (_, _) => null;
    private TimeSpan _connectionLifetime = TimeSpan.FromMinutes(2);

    internal SimulatedNetwork(EngineRuntime runtime, Dice dice, Action changed)
    {
        _runtime = runtime;
        _dice = dice;
        _changed = changed;

        // On one thread continuations run where they are completed; elsewhere never on the timer's stack.
        _completions = runtime.NewCompletion().Task.CreationOptions;
    }

    /// <summary>
    /// How long a connection outlives a cut: above zero, up to 30 days. Default: 2 minutes. What was held longer than this never arrives; who still waits
    /// for the answer learns that the connection is gone. Applies to messages that are held from then on.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is out of range.</exception>
    public TimeSpan ConnectionLifetime
    {
        get => _connectionLifetime;
        set
        {
            if (value <= TimeSpan.Zero || value.TotalMilliseconds > LongestTimer)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "A connection lives for more than zero and at most 30 days.");
            }

            _connectionLifetime = value;
        }
    }

    /// <summary>The links that were asked for or used so far, in that order.</summary>
    public IReadOnlyList<SimulatedLink> Links
    {
        get
        {
            lock (Lock)
            {
                return [.. _links];
            }
        }
    }

    /// <summary>How many messages cuts hold right now, without records of logs.</summary>
    public int MessagesHeld
    {
        get
        {
            lock (Lock)
            {
                return Held.Count;
            }
        }
    }

    internal Lock Lock { get; } = new();

    internal List<Message> Held { get; } = [];

    internal TimeProvider Time => _runtime.Time;

    internal TimeSpan Now => _runtime.Now;

    /// <summary>The link from one region to another, or within one.</summary>
    /// <exception cref="FormatException">A text isn't a region name.</exception>
    public SimulatedLink this[string from, string to] => Between(Parse(from, nameof(from)), Parse(to, nameof(to)));

    /// <summary>Cuts one direction, see <see cref="SimulatedLink.Cut"/>.</summary>
    /// <inheritdoc cref="this[string, string]" path="/exception"/>
    public void Cut(string from, string to) => this[from, to].Cut();

    /// <summary>Restores one direction, see <see cref="SimulatedLink.Restore"/>.</summary>
    /// <inheritdoc cref="this[string, string]" path="/exception"/>
    public void Restore(string from, string to) => this[from, to].Restore();

    /// <summary>Cuts both directions between two regions.</summary>
    /// <inheritdoc cref="this[string, string]" path="/exception"/>
    public void CutBoth(string one, string other)
    {
        Cut(one, other);
        Cut(other, one);
    }

    /// <summary>Restores both directions between two regions.</summary>
    /// <inheritdoc cref="this[string, string]" path="/exception"/>
    public void RestoreBoth(string one, string other)
    {
        Restore(one, other);
        Restore(other, one);
    }

    /// <summary>Cuts a region off from all others, both ways. Within it all goes on. Isolating again does nothing.</summary>
    /// <exception cref="FormatException">The text isn't a region name.</exception>
    public void Isolate(string region) => SetIsolated(Parse(region, nameof(region)), isIsolated: true);

    /// <summary>Ends a region's isolation. Links that were cut one by one stay cut.</summary>
    /// <exception cref="FormatException">The text isn't a region name.</exception>
    public void Reconnect(string region) => SetIsolated(Parse(region, nameof(region)), isIsolated: false);

    /// <summary>
    /// Ends all that was done to the network: cuts, isolated regions, extra delays, jitter, losses, resets and duplications. Delays stay, and so do isolated
    /// nodes.
    /// </summary>
    public void Heal()
    {
        lock (Lock)
        {
            _isolated.Clear();
            foreach (var link in _links)
            {
                link.Calm();
            }

            Update();
        }

        Changed();
    }

    internal SimulatedLink Between(RegionId from, RegionId to)
    {
        lock (Lock)
        {
            if (!_byEnds.TryGetValue((from, to), out var link))
            {
                _byEnds[(from, to)] = link = new SimulatedLink(this, from, to, _delays(from, to) ?? TimeSpan.Zero);
                _links.Add(link);
                Update();
            }

            return link;
        }
    }

    /// <summary>The delays of all links that are known to the function, also of those that come later.</summary>
    internal void Presume(Func<RegionId, RegionId, TimeSpan?> delays)
    {
        lock (Lock)
        {
            _delays = delays;
        }

        foreach (var link in Links)
        {
            link.Delay = delays(link.From, link.To) ?? link.Delay;
        }
    }

    internal void Set(SimulatedLink link, bool isCut)
    {
        lock (Lock)
        {
            link.WasCut = isCut;
            Update();
        }

        Changed();
    }

    /// <summary>Changes what keeps a node's messages, and lets go of those that may pass now.</summary>
    internal void Change(Action change)
    {
        lock (Lock)
        {
            change();
            Update();
        }

        Changed();
    }

    /// <summary>Logs may flow now, or no longer.</summary>
    internal void Changed() => _changed();

    internal TimeSpan Takes(Way way) => way.Link.Take(_dice) + (way.Node.Latency / 2);

    internal bool Duplicates(Way way) => _dice.Happens(way.Link.Duplication);

    /// <summary>Sends a message. The task completes when it has arrived or is known not to; never, if it is lost.</summary>
    internal Task<Passage> SendAsync(Way way)
    {
        var takes = Takes(way);
        var passage = Passage.Arrived;
        if (way.Link.IsTroubled)
        {
            if (_dice.Happens(way.Link.Loss))
            {
                return NewCompletion<Passage>().Task;
            }

            if (_dice.Happens(way.Link.Reset))
            {
                passage = _dice.Happens(0.5) ? Passage.ResetBefore : Passage.ResetAfter;
                takes = passage == Passage.ResetBefore ? _dice.UpTo(takes) : takes;
            }
        }

        return takes <= TimeSpan.Zero && !way.IsBlocked ? Task.FromResult(passage) : new Message(this, way, passage, takes).Completion;
    }

    internal TaskCompletionSource<T> NewCompletion<T>() => new(_completions);

    private static RegionId Parse(string region, string parameter)
    {
        ArgumentNullException.ThrowIfNull(region, parameter);
        return RegionId.Parse(region);
    }

    private void SetIsolated(RegionId region, bool isIsolated) => Change(() =>
    {
        _isolated.Remove(region);
        if (isIsolated)
        {
            _isolated.Add(region);
        }
    });

    private void Update()
    {
        foreach (var link in _links)
        {
            link.Block(link.WasCut || (link.From != link.To && (_isolated.Contains(link.From) || _isolated.Contains(link.To))));
        }

        for (var i = 0; i < Held.Count;)
        {
            if (Held[i].MayPass)
            {
                var message = Held[i];
                Held.RemoveAt(i);
                message.Release();
            }
            else
            {
                i++;
            }
        }
    }
}
