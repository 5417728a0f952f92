using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>One server, and the connections to it, each made when it is first needed.</summary>
internal sealed class RedisNode(RedisSettings settings, RedisEndpoint endpoint, ILaneOwner owner) : IDisposable
{
    private readonly ConcurrentDictionary<Lane, byte> _blocking = new();
    private readonly ConcurrentBag<Lane> _spare = [];
    private readonly Lock _gate = new();
    private Lane? _readOnly;
    private Lane? _replicated;
    private bool _disposed;

    public RedisEndpoint Endpoint => endpoint;

    public Lane Shared { get; } = Make(settings, endpoint, LaneKind.Shared, owner);

    /// <summary>For reads of this node as a replica. Outside of a cluster, replicas needn't be asked to answer.</summary>
    public Lane ForReplicaReads => settings.Deployment == RedisDeployment.Cluster ? Once(ref _readOnly, LaneKind.ReadOnly) : Shared;

    public Lane Replicated => Once(ref _replicated, LaneKind.Replicated);

    public bool IsIdle => Shared.IsIdle && _readOnly?.IsIdle != false && _replicated?.IsIdle != false && _blocking.IsEmpty;

    public Lane RentBlocking()
    {
        if (!_spare.TryTake(out var lane))
        {
            lane = Make(settings, endpoint, LaneKind.Blocking, owner);
        }

        _blocking.TryAdd(lane, 0);
        return lane;
    }

    /// <summary>A lane whose command is answered may serve again; any other still waits at the server.</summary>
    public void ReturnBlocking(Lane lane, bool answered)
    {
        _blocking.TryRemove(lane, out _);
        if (answered && !Volatile.Read(ref _disposed))
        {
            _spare.Add(lane);
            return;
        }

        lane.Dispose();
    }

    public bool Beat(long now)
    {
        var busy = Shared.Beat(now);
        busy |= _readOnly?.Beat(now) == true;
        busy |= _replicated?.Beat(now) == true;
        foreach (var (lane, _) in _blocking)
        {
            busy |= lane.Beat(now);
        }

        return busy;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        Shared.Dispose();
        _readOnly?.Dispose();
        _replicated?.Dispose();
        foreach (var lane in _blocking.Keys.Concat(_spare))
        {
            lane.Dispose();
        }
    }

    private static Lane Make(RedisSettings settings, RedisEndpoint endpoint, LaneKind kind, ILaneOwner owner) => new(new LaneSettings(settings, endpoint, kind), owner);

    private Lane Once(ref Lane? lane, LaneKind kind)
    {
        lock (_gate)
        {
            lane ??= Make(settings, endpoint, kind, owner);
            if (_disposed)
            {
                lane.Dispose();
            }

            return lane;
        }
    }
}
