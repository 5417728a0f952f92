using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Topology;

/// <summary>
/// The current topology of all shards. Readers take one volatile read; writers build a shard's new topology and exchange it; waiters hold the
/// task that completes when what they looked at is replaced. A change costs the same however many shards there are: the snapshot of
/// all of them that users see is put together when somebody asks for it.
/// </summary>
internal sealed class TopologyBoard
{
    private readonly Lock _lock = new();
    private readonly ShardTopology[] _shards;
    private readonly Signal[] _replaced;
    private TopologySnapshot? _snapshot;
    private long _epoch = 1;

    public TopologyBoard(EngineRuntime runtime, IReadOnlyList<ShardDefinition> shards)
    {
        _replaced = [.. shards.Select(_ => new Signal(runtime))];
        _shards = [.. shards.Select(ShardTopology.Unknown)];
    }

    /// <summary>All shards at one moment; the same object until something changes.</summary>
    public TopologySnapshot Snapshot
    {
        get
        {
            if (Volatile.Read(ref _snapshot) is { } current)
            {
                return current;
            }

            lock (_lock)
            {
                return _snapshot ??= new TopologySnapshot(_epoch, [.. _shards.Select(static shard => shard.Describe())]);
            }
        }
    }

    public ShardTopology this[int shard] => Volatile.Read(ref _shards[shard]);

    /// <summary>Completes when one shard's topology is replaced. Take it before reading.</summary>
    public Task ReplacedOf(int shard) => _replaced[shard].Next;

    /// <summary>Replaces one shard's topology by what the change makes of it; says what it was and is.</summary>
    public (ShardTopology Before, ShardTopology After) Change(int shard, Func<ShardTopology, ShardTopology> change)
    {
        ShardTopology before, after;
        lock (_lock)
        {
            before = _shards[shard];
            after = change(before);
            if (after.SameAs(before))
            {
                return (before, before);
            }

            Volatile.Write(ref _shards[shard], after);
            _epoch++;
            Volatile.Write(ref _snapshot, null);
        }

        _replaced[shard].Pulse();
        return (before, after);
    }
}
