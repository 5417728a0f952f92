using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Topology;

/// <summary>
/// The current topology of all shards. Readers take one volatile read; writers build a new snapshot and exchange it; waiters hold the
/// task that completes when the snapshot they looked at is replaced.
/// </summary>
internal sealed class TopologyBoard
{
    private readonly Lock _lock = new();
    private readonly Signal _replaced;
    private volatile State _state;

    public TopologyBoard(EngineRuntime runtime, IReadOnlyList<ShardDefinition> shards)
    {
        _replaced = new Signal(runtime);
        var unknown = shards.Select(ShardTopology.Unknown).ToArray();
        _state = new State(unknown, Describe(1, unknown));
    }

    /// <summary>Completes when the current snapshot is replaced. Take it before reading.</summary>
    public Task Replaced => _replaced.Next;

    public TopologySnapshot Snapshot => _state.Snapshot;

    public ShardTopology this[int shard] => _state.Shards[shard];

    /// <summary>Replaces one shard's topology by what the change makes of it; says what it was and is.</summary>
    public (ShardTopology Before, ShardTopology After) Change(int shard, Func<ShardTopology, ShardTopology> change)
    {
        ShardTopology before, after;
        lock (_lock)
        {
            var state = _state;
            before = state.Shards[shard];
            after = change(before);
            if (after.SameAs(before))
            {
                return (before, before);
            }

            var shards = (ShardTopology[])state.Shards.Clone();
            shards[shard] = after;
            _state = new State(shards, Describe(state.Snapshot.Epoch + 1, shards));
        }

        _replaced.Pulse();
        return (before, after);
    }

    private static TopologySnapshot Describe(long epoch, ShardTopology[] shards) => new(epoch, [.. shards.Select(static shard => shard.Describe())]);

    private sealed record State(ShardTopology[] Shards, TopologySnapshot Snapshot);
}
