using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// One shard of an <see cref="SimulatedCluster"/>: one replicated log, the nodes that have it, and who of them is primary. Add nodes before
/// the first client is made. Thread-safe after that.
/// </summary>
public sealed class SimulatedShard
{
    // Servers with something in them don't start at zero.
    private const ulong Origin = 0x0100_0000;

    private readonly EngineRuntime _runtime;
    private readonly Signal _changed;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<Territory> _territories = [];
    private HashSet<string> _synchronous = new(StringComparer.Ordinal);

    internal SimulatedShard(EngineRuntime runtime, string name, int number)
    {
        _runtime = runtime;
        _changed = new Signal(runtime);
        Name = name;
        Number = number;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The number that travels in session tokens.</summary>
    public int Number { get; }

    /// <summary>The nodes, in the order in which they were added.</summary>
    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>The node that was promoted last, at first the one that was added first.</summary>
    public SimulatedNode Primary { get; private set; } = null!;

    internal Lock Lock { get; } = new();

    internal IReadOnlyList<Territory> Territories => _territories;

    /// <summary>Completes when something changes. Take it before looking; it is for one waiter.</summary>
    internal Task Changed => Task.WhenAny(_changed.Next);

    /// <summary>A node by its name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SimulatedNode this[string node] =>
        _nodes.Find(candidate => candidate.Name == node) ?? throw new ArgumentException("The shard has no node of that name.", nameof(node));

    /// <summary>Adds a node: the primary first, then replicas.</summary>
    /// <param name="name">Its name, unique within the shard.</param>
    /// <param name="region">Where it runs.</param>
    public SimulatedShard AddNode(string name, string region)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(region);
        lock (Lock)
        {
            var node = new SimulatedNode(this, name, RegionId.Parse(region), _nodes.Count == 0 ? new LogBranch(Origin) : Primary.Log);
            if (_nodes.Count == 0)
            {
                node.IsPrimary = true;
                Primary = node;
            }
            else
            {
                node.Source = Primary;
            }

            _nodes.Add(node);
        }

        Step();
        return this;
    }

    /// <summary>Says whose data the shard holds.</summary>
    public SimulatedShard Holds(params ReadOnlySpan<string> territories)
    {
        foreach (var territory in territories)
        {
            _territories.Add(Territory.Parse(territory));
        }

        return this;
    }

    /// <summary>
    /// Makes these nodes synchronous standbys, and all others asynchronous: a write at <see cref="WriteDurability.RemoteWrite"/> or above is
    /// acknowledged, and visible at the primary, only once all of them have received it, at <see cref="WriteDurability.RemoteApply"/> replayed it.
    /// A primary among them doesn't count.
    /// </summary>
    public SimulatedShard Synchronous(params ReadOnlySpan<string> nodes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            names.Add(this[node].Name);
        }

        Change(() => _synchronous = names);
        return this;
    }

    /// <summary>
    /// A planned change of the primary without loss: the node receives all of the log, the old primary becomes a replica, and all others
    /// follow the new one.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node is down, is primary already, or is on another history.</exception>
    public void SwitchOver(string node) => Change(() =>
    {
        var next = this[node];
        var old = Primary;
        RequireReplica(next);
        if (next.Log != old.Log)
        {
            throw new InvalidOperationException("The node isn't on the primary's history; let it rejoin first.");
        }

        next.Replay.ReceiveUpTo(old.Log.End);
        Promote(next, followers: true);
        old.Replay.Became(next.Log.ForkedAt);
        old.Follow(next, next.Log);
        old.StartAnew();
    });

    /// <summary>
    /// Promotes a node with what it has received. The old primary is left alone: kill it first, or it goes on as an isolated primary whose writes are
    /// lost. Replicas that haven't received more than the new primary follow it; others stay behind until they rejoin.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node is down or is primary already.</exception>
    public void Promote(string node) => Change(() => Promote(this[node], followers: true));

    /// <summary>Promotes a node, and nobody follows it: two nodes promoted so, one after the other, are twins.</summary>
    /// <exception cref="InvalidOperationException">The node is down or is primary already.</exception>
    public void PromoteAlone(string node) => Change(() => Promote(this[node], followers: false));

    /// <summary>Makes a node a fresh replica of <see cref="Primary"/>, whatever it was, and starts it. What only it had is gone.</summary>
    /// <exception cref="InvalidOperationException">The node is <see cref="Primary"/>.</exception>
    public void Rejoin(string node) => Change(() =>
    {
        var joining = this[node];
        if (joining == Primary)
        {
            throw new InvalidOperationException("The primary can't follow itself.");
        }

        joining.Pending.TakeAll();
        joining.Replay.Reset(Primary.Log.Origin);
        joining.Follow(Primary, Primary.Log);
        joining.StartAnew();
    });

    /// <summary>Whether the standbys that a write must wait for have it.</summary>
    internal bool IsConfirmed(SimulatedNode primary, LogRecord record, WriteDurability durability) =>
        durability < WriteDurability.RemoteWrite
        || _nodes.TrueForAll(node => node == primary || !_synchronous.Contains(node.Name) || (
            node.IsRunning && node.Log == primary.Log
            && (durability == WriteDurability.RemoteApply ? node.Replay.Replayed : node.Replay.Received) >= record.End));

    /// <summary>What a write reaches: without synchronous standbys, the primary's own disk at most.</summary>
    internal WriteDurability Reached(SimulatedNode primary, WriteDurability asked) =>
        asked > WriteDurability.Local && !_nodes.Exists(node => node != primary && _synchronous.Contains(node.Name))
            ? WriteDurability.Local
            : asked;

    /// <summary>Names the primary's history, unless it has a name.</summary>
    internal void NameHistory(SimulatedNode primary)
    {
        lock (Lock)
        {
            if (primary.Log.History is not null)
            {
                return;
            }

            Span<byte> random = stackalloc byte[4];
            do
            {
                _runtime.FillRandom(random);
            }
            while (BitConverter.ToUInt32(random) == 0);
            primary.Log.Name(new HistoryId(BitConverter.ToUInt32(random)), _runtime.Now);
        }

        Step();
    }

    /// <summary>Writes a record at a primary. Called under the lock.</summary>
    internal LogRecord Append(SimulatedNode primary, RowChange? change) =>
        primary.Log.Append(change, (ulong)(8 + _runtime.NextRandom(24)), _runtime.Now);

    internal void Change(Action change)
    {
        lock (Lock)
        {
            change();
        }

        Step();
    }

    /// <summary>Lets all replicas receive and replay what they can, and tells those who wait for that.</summary>
    internal void Step()
    {
        lock (Lock)
        {
            Replicate();
        }

        _changed.Pulse();
    }

    /// <summary>Lets all replicas receive and replay what they can. Called under the lock.</summary>
    internal void Replicate()
    {
        foreach (var node in _nodes)
        {
            node.Step(_runtime.Now, _runtime.Time);
        }
    }

    private static void RequireReplica(SimulatedNode node)
    {
        if (!node.IsUp || node.IsPrimary)
        {
            throw new InvalidOperationException(node.IsPrimary ? "The node is a primary already." : "The node is down; restart it first.");
        }
    }

    private void Promote(SimulatedNode node, bool followers)
    {
        RequireReplica(node);
        var before = node.Log;
        node.Replay.Finish(before, node.Rows);
        var log = before.Fork(node.Replay.Received);
        node.Log = log;
        node.IsPrimary = true;
        node.Source = null;
        Primary = node;
        foreach (var other in followers ? _nodes : [])
        {
            if (!other.IsPrimary && other.Log == before && other.Replay.Received <= log.ForkedAt)
            {
                other.Follow(node, log);
            }
        }
    }
}
