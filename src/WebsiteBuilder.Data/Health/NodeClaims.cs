using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>What each node of a shard said of itself last. Thread-safe.</summary>
internal sealed class NodeClaims(int nodes)
{
    private readonly Lock _lock = new();
    private readonly NodeClaim?[] _claims = new NodeClaim?[nodes];
    private readonly long[] _askedFor = new long[nodes];
    private long _asked;

    /// <summary>Null for a node that never answered.</summary>
    public NodeClaim? this[int endpoint]
    {
        get
        {
            lock (_lock)
            {
                return _claims[endpoint];
            }
        }
    }

    /// <summary>The number of a question, to be taken before it is asked.</summary>
    public long Ask() => Interlocked.Increment(ref _asked);

    /// <summary>Probes overlap, the loop's and a refresh's: an answer that was asked for earlier doesn't replace a later one, and false is returned.</summary>
    public bool TryReplace(int endpoint, NodeClaim claim, long asked)
    {
        lock (_lock)
        {
            if (asked < _askedFor[endpoint])
            {
                return false;
            }

            _askedFor[endpoint] = asked;
            _claims[endpoint] = claim;
            return true;
        }
    }

    public NodeClaim?[] ToArray()
    {
        lock (_lock)
        {
            return (NodeClaim?[])_claims.Clone();
        }
    }
}
