namespace WebsiteBuilder.Data.Health;

/// <summary>How a node answers reads of late.</summary>
/// <param name="IsInRotation">Whether it is healthy.</param>
/// <param name="MayBeSetAside">Whether others can stand in for it.</param>
/// <param name="Answers">How many answers are known; 0 if they are too old to say anything.</param>
/// <param name="Extra">What they usually take beyond the way.</param>
internal readonly record struct NodePace(bool IsInRotation, bool MayBeSetAside, int Answers, TimeSpan Extra);

/// <summary>
/// Who is set aside because its answers take much longer than its peers': it is asked after all others until its hold is over, which is longer each time. The way isn't counted, so being far
/// is not being slow; where all are slow, nobody is, and somebody is always left. Pure: time is an argument. Guarded by its owner.
/// </summary>
internal sealed class SlowNodes(int nodes, HealthPolicy policy)
{
    /// <summary>How many answers it takes to judge a node, or to judge by it.</summary>
    public const int Enough = 16;

    /// <summary>Differences that are smaller than some multiple of this are nobody's concern.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(10);

    private readonly GrowingHold[] _holds = [.. Enumerable.Repeat(new GrowingHold(FirstHold, FirstHold * 2, policy.LongestHold), nodes)];
    private readonly TimeSpan?[] _since = new TimeSpan?[nodes];

    public bool IsSetAside(int node) => _since[node] is not null;

    /// <summary>Looks at one node; true if it was set aside or is back.</summary>
    public bool Look(int node, ReadOnlySpan<NodePace> paces, TimeSpan now)
    {
        if (_since[node] is { } since)
        {
            if (now - since < _holds[node].Length && paces[node].MayBeSetAside)
            {
                return false;
            }

            _since[node] = null;
            _holds[node].End(now);
            return true;
        }

        if (!paces[node].MayBeSetAside || !paces[node].IsInRotation || paces[node].Answers < Enough || PeersOf(node, paces) is not { } peers
            || paces[node].Extra < policy.SlowFactor * (peers > Least ? peers : Least))
        {
            return false;
        }

        _since[node] = now;
        _holds[node].Begin(now);
        return true;
    }

    /// <summary>What the peers take, those in the middle; null if nothing is known of any.</summary>
    private TimeSpan? PeersOf(int node, ReadOnlySpan<NodePace> paces)
    {
        Span<long> peers = stackalloc long[paces.Length];
        var count = 0;
        for (var i = 0; i < paces.Length; i++)
        {
            if (i != node && paces[i].IsInRotation && paces[i].Answers >= Enough && _since[i] is null)
            {
                peers[count++] = paces[i].Extra.Ticks;
            }
        }

        peers[..count].Sort();
        return count == 0 ? null : new TimeSpan(peers[(count - 1) / 2]);
    }
}
