using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Sends each call to the node that should answer it, and again elsewhere if that node says so.</summary>
internal sealed partial class RedisRouter : ILaneOwner, IDisposable
{
    /// <summary>How often one call may be sent on: a cluster that disagrees with itself for longer than this has a problem.</summary>
    public const int MaxRedirections = 5;

    private const int MaxTries = 100;

    private readonly RedisSettings _settings;
    private readonly ConcurrentDictionary<RedisEndpoint, RedisNode> _nodes = new();
    private readonly ConcurrentQueue<RedisCall> _homeless = new();
    private readonly ConcurrentQueue<RedisCall> _later = new();
    private readonly CallPool _pool;
    private readonly Deliveries _deliveries;
    private readonly Pacemaker _pace;
    private readonly RedisMapKeeper _keeper;
    private TaskCompletionSource _searched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _homelessCount;
    private int _turn;
    private volatile bool _disposed;

    public RedisRouter(RedisSettings settings)
    {
        _settings = settings;
        _deliveries = new Deliveries(settings.Runtime.Time);
        _pool = new CallPool(_deliveries);
        _pace = new Pacemaker(settings.Runtime.Time, Beat) { Rest = settings.KeepAlive / 2 };
        _keeper = new RedisMapKeeper(settings, new RedisDiscovery(settings, NodeAt, AskAsync), MapChanged) { IsBroken = IsBroken };
        if (settings is { Deployment: RedisDeployment.Standalone, Endpoints.Length: 1 })
        {
            Only = RedisMap.Single(new RedisShard(NodeAt(settings.Endpoints[0]), []));
        }
    }

    /// <summary>Who is who; null until it is known.</summary>
    public RedisMap? Map => Only ?? _keeper.Map;

    // One node: nothing to find out.
    private RedisMap? Only { get; }

    public RedisCall Begin(in RedisCommand command, RedisTarget target, TimeSpan timeout, bool staysHere)
    {
        var now = _settings.Runtime.Time.GetTimestamp();
        return _pool.Rent(command, target, Slot(command), now, _settings.After(now, timeout), staysHere);
    }

    /// <summary>Waits for the first map.</summary>
    public async ValueTask ReadyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (Map is not null)
        {
            return;
        }

        var searched = Volatile.Read(ref _searched).Task;
        _keeper.Doubt();
        try
        {
            await searched.WaitAsync(timeout, _settings.Runtime.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The map is looked at below.
        }

        if (Map is null)
        {
            throw Unknown();
        }
    }

    /// <summary>Sends it, or fails it. Never blocks.</summary>
    public void Route(RedisCall call, RedisCall? tail = null, LaneKind kind = LaneKind.Shared)
    {
        if (call.Slot == RedisSlots.Several)
        {
            Refuse(call, tail, new RedisFaultException(RedisFaultKind.Rejected, WriteDisposition.NotApplied, "The command's keys are of several hash slots.") { Code = "CROSSSLOT" });
            return;
        }

        if (Map is not { } map)
        {
            Shelter(call);
            return;
        }

        var pick = call.Slot == RedisSlots.Any || call.Target != RedisTarget.Primary ? (int)((uint)Interlocked.Increment(ref _turn) & int.MaxValue) : 0;
        if (map.Of(call.Slot, pick) is not { } shard)
        {
            _keeper.Doubt();
            Refuse(call, tail, new RedisFaultException(RedisFaultKind.NotReady, WriteDisposition.NotApplied, "No node owns the hash slot."));
            return;
        }

        if (call.Target != RedisTarget.Primary && ReplicaLane(shard, pick) is { } lane)
        {
            lane.Submit(call);
            return;
        }

        if (call.Target == RedisTarget.Replica)
        {
            if (Only is null)
            {
                // There may be one by now: a cluster's nodes tell of replicas that they have heard of.
                _keeper.Want();
            }

            Refuse(call, tail, new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "No replica can be reached."));
            return;
        }

        (kind == LaneKind.Replicated ? shard.Primary.Replicated : shard.Primary.Shared).Submit(call, tail);
    }

    /// <summary>Sends it over a connection of its own; null if it was refused. The map is known.</summary>
    public (RedisNode Node, Lane Lane)? RouteBlocking(RedisCall call)
    {
        if (call.Slot == RedisSlots.Several || Map?.Of(call.Slot, 0) is not { } shard)
        {
            Route(call);
            return null;
        }

        var lane = shard.Primary.RentBlocking();
        lane.Submit(call);
        return (shard.Primary, lane);
    }

    public void Dispose()
    {
        _disposed = true;
        _keeper.Dispose();
        foreach (var node in _nodes.Values)
        {
            node.Dispose();
        }

        FailHomeless(Unknown());
        _pace.Dispose();
    }

    /// <summary>Nodes to try for what any node serves, such as a subscription; the first one is as good as any.</summary>
    public RedisEndpoint[] AnyNodes()
    {
        if (Map is not { } map)
        {
            _keeper.Doubt();
            return _settings.Deployment == RedisDeployment.Sentinel ? [] : _settings.Endpoints;
        }

        return [.. map.Shards.Select(static shard => shard.Primary).Concat(map.Shards.SelectMany(static shard => shard.Replicas)).Select(static node => node.Endpoint)];
    }

    private static Lane? ReplicaLane(RedisShard shard, int pick)
    {
        for (var at = 0; at < shard.Replicas.Length; at++)
        {
            var lane = shard.Replicas[(pick + at) % shard.Replicas.Length].ForReplicaReads;
            if (!lane.IsDown)
            {
                return lane;
            }
        }

        return null;
    }

    private int Slot(in RedisCommand command) => _settings.Deployment == RedisDeployment.Cluster ? RedisSlots.PlaceOf(command) : RedisSlots.Any;

    private ValueTask<RedisReply> AskAsync(Lane lane, RedisCommand command, TimeSpan timeout)
    {
        var now = _settings.Runtime.Time.GetTimestamp();
        var call = _pool.Rent(command, RedisTarget.Primary, RedisSlots.Any, now, _settings.After(now, timeout), staysHere: true);
        var task = call.Task;
        lane.Poke();
        lane.Submit(call);
        return task;
    }

    private RedisNode NodeAt(RedisEndpoint endpoint)
    {
        var node = _nodes.GetOrAdd(endpoint, static (endpoint, self) => new RedisNode(self._settings, endpoint, self), this);
        if (_disposed)
        {
            node.Dispose();
        }

        return node;
    }

    // Nobody knows yet who is who: wait for the search that is under way, but not through the pause after one that failed.
    private void Shelter(RedisCall call)
    {
        if (_keeper.Why is { } why && !_keeper.IsSearching)
        {
            _keeper.Doubt();
            Refuse(call, tail: null, why);
            return;
        }

        if (_disposed || Interlocked.Increment(ref _homelessCount) > _settings.MaxInFlight)
        {
            Interlocked.Decrement(ref _homelessCount);
            Refuse(call, tail: null, new RedisFaultException(RedisFaultKind.Throttled, WriteDisposition.NotApplied, "Too many commands wait for a connection to Redis."));
            return;
        }

        _homeless.Enqueue(call);
        _keeper.Doubt();
        _pace.Expect(call.Deadline);
        if (Map is not null)
        {
            MapChanged();
        }
    }

    private void MapChanged()
    {
        if (Map is null)
        {
            FailHomeless(_keeper.Why ?? Unknown());
        }
        else
        {
            while (_homeless.TryDequeue(out var call))
            {
                Interlocked.Decrement(ref _homelessCount);
                Route(call);
            }

            Prune();
        }

        Interlocked.Exchange(ref _searched, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private void FailHomeless(RedisFaultException why)
    {
        while (_homeless.TryDequeue(out var call))
        {
            Interlocked.Decrement(ref _homelessCount);
            Refuse(call, tail: null, why);
        }
    }

    // Nodes that have left and that nobody uses any more.
    private void Prune()
    {
        if (Map is not { } map || _settings.Deployment == RedisDeployment.Standalone)
        {
            return;
        }

        foreach (var (endpoint, node) in _nodes)
        {
            if (!map.Has(node) && !_settings.Endpoints.Contains(endpoint) && node.IsIdle && _nodes.TryRemove(endpoint, out _))
            {
                node.Dispose();
            }
        }
    }

    private bool Beat(long now)
    {
        var busy = false;
        for (var count = _later.Count; count > 0 && _later.TryDequeue(out var call); count--)
        {
            Route(call);
        }

        foreach (var call in _homeless)
        {
            call.CheckTime(now, written: false);
            busy = true;
        }

        foreach (var (_, node) in _nodes)
        {
            busy |= node.Beat(now);
        }

        return _deliveries.Rescue(now) | busy | !_later.IsEmpty;
    }

    private bool IsBroken(RedisMap map) => map.Shards.Any(static shard => shard.Primary.Shared.IsDown)
        || (_settings.Deployment == RedisDeployment.Standalone && map.Shards[0].Primary.Shared is { IsUp: true, Role: NodeRole.Replica });

    private static void Refuse(RedisCall call, RedisCall? tail, RedisFaultException fault)
    {
        call.TryFail(fault);
        call.Release();
        if (tail is not null)
        {
            tail.TryFail(fault);
            tail.Release();
        }
    }

    private static RedisFaultException Unknown() =>
        new(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "It isn't known yet which Redis node to ask.");
}
