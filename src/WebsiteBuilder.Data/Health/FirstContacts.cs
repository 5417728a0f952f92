using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Lets a client's nodes be met for the first time a few at once, over all shards: of each shard a near one first, then the second of each, and so on. To meet all at once
/// would make the first reads wait for connections to nodes that they need not ask. Each one that takes long makes room for two, so that many that are far or dark
/// are met soon all the same.
/// </summary>
internal sealed class FirstContacts(EngineRuntime runtime, RegionId localRegion)
{
    /// <summary>How many are met at once, to begin with: what the first one needs is compiled only once.</summary>
    private const int Places = 1;

    /// <summary>How long somebody who doesn't answer may keep the next ones waiting. Near nodes answer within a fraction of it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<TaskCompletionSource, (int Rank, long Number)> _waiting = new();
    private int _free = Places;
    private long _number;

    /// <summary>When each of a shard's nodes has its turn, by their indexes.</summary>
    public int[] RanksOf(ShardDefinition shard)
    {
        var ranks = new int[shard.Endpoints.Length];
        var next = 0;
        foreach (var isLocal in (ReadOnlySpan<bool>)[true, false])
        {
            for (var i = 0; i < ranks.Length; i++)
            {
                if (shard.Endpoints[i].Region == localRegion == isLocal)
                {
                    ranks[i] = next++;
                }
            }
        }

        return ranks;
    }

    /// <summary>
    /// Has all of a shard's nodes wait for their first turns, which are returned by their indexes. To be called before any of them is met: the loops that meet them begin in any order, and
    /// whoever came first would be met first, however far or dark it is.
    /// </summary>
    public Task[] LineUp(int[] ranks, CancellationToken cancellationToken)
    {
        var turns = new Task[ranks.Length];
        for (var rank = 0; rank < ranks.Length; rank++)
        {
            turns[Array.IndexOf(ranks, rank)] = EnterAsync(rank, cancellationToken);
        }

        return turns;
    }

    /// <summary>Waits for a turn; lower ranks come first.</summary>
    public Task EnterAsync(int rank, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return Task.CompletedTask;
            }

            turn = runtime.NewCompletion();
            _waiting.Enqueue(turn, (rank, _number++));
        }

        return turn.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends a turn that was entered.</summary>
    /// <param name="tookLong">Whether the node still owes its answer.</param>
    public void Leave(bool tookLong)
    {
        for (var free = tookLong ? 2 : 1; free > 0; free--)
        {
            TaskCompletionSource? next;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out next, out _))
                {
                    _free++;
                    continue;
                }
            }

            runtime.Complete(next);
        }
    }
}
