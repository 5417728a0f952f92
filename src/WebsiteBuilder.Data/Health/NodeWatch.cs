using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Looks at a shard's nodes at even distances while somebody waits for any of them, for what requests can't tell by themselves: that a node says nothing, is slower than its peers, or has
/// moved away. An idle shard isn't looked at. Thread-safe.
/// </summary>
internal sealed class NodeWatch
{
    /// <summary>A far node's silence must last for so many round trips: a ping may have to make a connection first.</summary>
    public const int RoundTripsOfSilence = 10;

    /// <summary>Answers that are older say nothing of how a node answers now.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly LiveShard _shard;
    private readonly TopologyBoard _board;
    private readonly EngineRuntime _runtime;
    private readonly HealthPolicy _policy;
    private readonly INodeWatcher _watcher;
    private readonly WakeTimer _timer;
    private readonly TimeSpan _distance;
    private readonly Silence[] _silences;
    private readonly SlowNodes _slow;
    private readonly (int Answers, TimeSpan At)[] _answered;
    private readonly NodePace[] _paces;
    private int _isOn;
    private bool _isStopped;

    public NodeWatch(LiveShard shard, TopologyBoard board, EngineRuntime runtime, HealthPolicy policy, INodeWatcher watcher)
    {
        _shard = shard;
        _board = board;
        _runtime = runtime;
        _policy = policy;
        _watcher = watcher;
        _timer = new WakeTimer(runtime, Look);
        _distance = policy.SilenceTimeout / Silence.Looks;
        _silences = new Silence[shard.Nodes.Length];
        _slow = new SlowNodes(shard.Nodes.Length, policy);
        _answered = new (int, TimeSpan)[shard.Nodes.Length];
        _paces = new NodePace[shard.Nodes.Length];
        foreach (var node in shard.Nodes)
        {
            node.Vitals.WatchBy(this);
        }
    }

    /// <summary>Somebody begins to wait for a node. Costs next to nothing while others do, too.</summary>
    public void LookOn()
    {
        if (Volatile.Read(ref _isOn) == 0 && Interlocked.Exchange(ref _isOn, 1) == 0)
        {
            _timer.WakeAt(_runtime.Now + _distance);
        }
    }

    public void Stop() => Volatile.Write(ref _isStopped, true);

    /// <summary>A node answered a ping, or it couldn't be asked.</summary>
    public void Pinged(ShardNode node)
    {
        lock (_lock)
        {
            _silences[node.Definition.Index].Pinged();
        }
    }

    private void Look()
    {
        if (Volatile.Read(ref _isStopped))
        {
            return;
        }

        List<Action>? due = null;
        lock (_lock)
        {
            LookForSilence(ref due);
            LookForSlowness(_runtime.Now, ref due);
        }

        due?.ForEach(static act => act());
        if (IsAnyWaitedFor())
        {
            _timer.WakeAt(_runtime.Now + _distance);
            return;
        }

        // Whoever begins to wait from here on finds it off; who did just before would have taken it for on.
        Interlocked.Exchange(ref _isOn, 0);
        if (IsAnyWaitedFor())
        {
            LookOn();
        }
    }

    private bool IsAnyWaitedFor() => Array.Exists(_shard.Nodes, static node => node.Vitals.Waiting > 0);

    private void LookForSilence(ref List<Action>? due)
    {
        foreach (var node in _shard.Nodes)
        {
            var vitals = node.Vitals;
            var isWatched = vitals.Health != EndpointHealth.Unhealthy && vitals.RoundTrip is not null;
            switch (_silences[node.Definition.Index].Look(isWatched ? vitals.Waiting : 0, vitals.Heard, Scale(vitals)))
            {
                case SilenceVerdict.Ping:
                    (due ??= []).Add(() => _watcher.Ping(node));
                    break;
                case SilenceVerdict.Gone:
                    (due ??= []).Add(() => _watcher.Gone(node));
                    break;
            }

            if (vitals.TakeMayBeFarther())
            {
                (due ??= []).Add(() => _watcher.Measure(node));
            }
        }
    }

    private int Scale(EndpointVitals vitals) =>
        (int)Math.Max(1, Math.Ceiling(RoundTripsOfSilence * (vitals.RoundTrip ?? TimeSpan.Zero) / _policy.SilenceTimeout));

    private void LookForSlowness(TimeSpan now, ref List<Action>? due)
    {
        var topology = _board[_shard.Index];
        foreach (var node in _shard.Nodes)
        {
            var i = node.Definition.Index;
            ref var pace = ref node.Vitals.Pace;
            var answers = pace.Answers;
            if (answers != _answered[i].Answers)
            {
                _answered[i] = (answers, now);
            }
            else if (answers > 0 && now - _answered[i].At > Memory)
            {
                pace.Forget();
            }

            _paces[i] = new NodePace(
                topology.Health[i] == EndpointHealth.Healthy, topology.Primary != i, answers, pace.Usual - (node.Vitals.RoundTrip ?? TimeSpan.Zero));
        }

        foreach (var node in _shard.Nodes)
        {
            if (_slow.Look(node.Definition.Index, _paces, now))
            {
                node.Vitals.Pace.Forget();
                var isSetAside = _slow.IsSetAside(node.Definition.Index);
                (due ??= []).Add(() => _watcher.SetAside(node, isSetAside));
            }
        }
    }
}

/// <summary>Does what a look at a node leads to, without taking time.</summary>
internal interface INodeWatcher
{
    /// <summary>Asks the node something that takes no time.</summary>
    void Ping(ShardNode node);

    /// <summary>The node says nothing at all.</summary>
    void Gone(ShardNode node);

    /// <summary>The way to the node may have become longer.</summary>
    void Measure(ShardNode node);

    /// <summary>The node is much slower than its peers, or isn't any more.</summary>
    void SetAside(ShardNode node, bool isSetAside);
}
