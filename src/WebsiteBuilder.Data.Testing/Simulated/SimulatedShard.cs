using System.Diagnostics.CodeAnalysis;
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

    /// <summary>The most that a moment takes at a node.</summary>
    internal static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(10);

    /// <summary>How often PostgreSQL's background writer logs the running transactions.</summary>
    private static readonly TimeSpan BackgroundInterval = TimeSpan.FromSeconds(15);

    private readonly EngineRuntime _runtime;
    private readonly SimulatedNetwork _network;
    private readonly Dice _dice;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<Territory> _territories = [];
    private readonly List<LogBranch> _branches = [];
    private readonly ChangeSignal _changed;

    internal SimulatedShard(EngineRuntime runtime, SimulatedNetwork network, Dice dice, string name, int number)
    {
        _runtime = runtime;
        _network = network;
        _dice = dice;
        _changed = new ChangeSignal(runtime);
        Confirmation = new Confirmation(_nodes);
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

    /// <summary>Whom commits wait for.</summary>
    internal Confirmation Confirmation { get; }

    internal IReadOnlyList<Territory> Territories => _territories;

    /// <summary>All histories that the log ever had, in the order in which they began. The surviving one is <see cref="Primary"/>'s.</summary>
    internal IReadOnlyList<LogBranch> Branches => _branches;

    internal TimeSpan Now => _runtime.Now;

    /// <summary>A node by its name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SimulatedNode this[string node] =>
        _nodes.Find(candidate => candidate.Name == node) ?? throw new ArgumentException("The shard has no node of that name.", nameof(node));

    /// <summary>The node in a region; of several, the one that was added first.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="FormatException">The text isn't a region name.</exception>
    public SimulatedNode In(string region)
    {
        ArgumentNullException.ThrowIfNull(region);
        var place = RegionId.Parse(region);
        return _nodes.Find(node => node.Region == place) ?? throw new ArgumentException("The shard has no node in that region.", nameof(region));
    }

    /// <summary>Adds a node: the primary first, then replicas.</summary>
    /// <param name="name">Its name, unique within the shard.</param>
    /// <param name="region">Where it runs.</param>
    public SimulatedShard AddNode(string name, string region)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(region);
        lock (Lock)
        {
            if (_branches.Count == 0)
            {
                _branches.Add(new LogBranch(Origin));
            }

            var node = new SimulatedNode(this, _network, _dice, name, RegionId.Parse(region), _nodes.Count == 0 ? _branches[0] : Primary.Log, _nodes.Count == 0);
            if (node.IsPrimary)
            {
                Primary = node;
            }
            else
            {
                node.Follow(Primary, Primary.Log);
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
    /// acknowledged, and visible at the primary, only once all of them have told the primary that they have received it, at
    /// <see cref="WriteDurability.RemoteApply"/> replayed it. A primary among them doesn't count. No nodes: nobody is waited for.
    /// </summary>
    /// <exception cref="ArgumentException">The shard has no node of that name.</exception>
    public SimulatedShard Synchronous(params ReadOnlySpan<string> nodes) => SetSynchronous(null, nodes);

    /// <summary>As <see cref="Synchronous(ReadOnlySpan{string})"/>, but any so many of these nodes are enough: PostgreSQL's <c>ANY k (…)</c>.</summary>
    /// <param name="required">How many: 1 to the number of nodes. If the primary is among them, there may be fewer left than this; then writes wait.</param>
    /// <param name="nodes">The nodes.</param>
    /// <exception cref="ArgumentException">The shard has no node of that name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1 or above that of the nodes.</exception>
    public SimulatedShard Synchronous(int required, params ReadOnlySpan<string> nodes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(required, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(required, nodes.Length);
        return SetSynchronous(required, nodes);
    }

    /// <summary>
    /// A planned change of the primary without loss: the node receives all of the log, the old primary becomes a replica, and all others
    /// follow the new one.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node is down, is primary already, isn't complete, or is on another history.</exception>
    public void SwitchOver(string node) => Change(() =>
    {
        var next = this[node];
        var old = Primary;
        RequireReplica(next);
        if (next.Log != old.Log)
        {
            throw new InvalidOperationException("The node isn't on the primary's history; let it rejoin first.");
        }

        old.Log.Flush(Now);
        next.Replay.ReceiveAll(old.Log);
        Promote(next, followers: true);
        old.StartAnew();
        old.Replay.Became(old.Log);
        old.Follow(next, next.Log);
    });

    /// <summary>
    /// Promotes a node with what it has received. The old primary is left alone: kill it first, or it goes on as an isolated primary whose writes are
    /// lost. Replicas that can be reached and haven't received more than the new primary follow it; others stay behind until they rejoin.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node is down, is primary already, or isn't complete.</exception>
    public void Promote(string node) => Change(() => Promote(this[node], followers: true));

    /// <summary>
    /// Promotes a synchronous standby so that no write is lost that was acknowledged by them, or says why that isn't sure. In this order, as an operator must: detach
    /// the standbys that can be reached from <see cref="Primary"/>, so that it can acknowledge nothing more; make sure that these are n − k + 1 of the n others that
    /// count when k must have a write; promote the one that has received most.
    /// </summary>
    /// <remarks>
    /// A standby can be reached if it runs and isn't isolated itself; cuts between regions don't keep an operator away. The old primary goes on, if it
    /// runs: it serves reads and takes writes that wait for nobody, which are lost. Writes acknowledged at <see cref="WriteDurability.Local"/> or below may be lost.
    /// </remarks>
    /// <param name="promoted">The new primary; null if nobody was promoted, and nothing was changed.</param>
    /// <param name="reason">Why nobody was promoted; null otherwise.</param>
    public bool TryPromoteSafely([NotNullWhen(true)] out SimulatedNode? promoted, [NotNullWhen(false)] out string? reason)
    {
        lock (Lock)
        {
            promoted = null;
            if (SafePromotion.TryChoose(Confirmation.Standbys, _nodes, Primary, out var choice, out reason))
            {
                choice.ForEach(static node => node.Detach());
                promoted = choice[0];
                Promote(promoted, followers: true);
            }
        }

        Step();
        return promoted is not null;
    }

    /// <summary>As <see cref="TryPromoteSafely"/>.</summary>
    /// <returns>The new primary.</returns>
    /// <exception cref="InvalidOperationException">It isn't sure that nothing is lost; the message says why. Nothing was changed.</exception>
    public SimulatedNode PromoteSafely() =>
        TryPromoteSafely(out var promoted, out var reason) ? promoted : throw new InvalidOperationException(reason);

    /// <summary>Promotes a node, and nobody follows it: two nodes promoted so, one after the other, are twins.</summary>
    /// <exception cref="InvalidOperationException">The node is down, is primary already, or isn't complete.</exception>
    public void PromoteAlone(string node) => Change(() => Promote(this[node], followers: false));

    /// <summary>
    /// Makes a node a fresh replica of <see cref="Primary"/>, whatever it was, and starts it. What only it had is gone. It answers once it has what the primary had
    /// just then, see <see cref="SimulatedNode.IsComplete"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The node is <see cref="Primary"/>.</exception>
    public void Rejoin(string node) => Change(() =>
    {
        var joining = this[node];
        if (joining == Primary)
        {
            throw new InvalidOperationException("The primary can't follow itself.");
        }

        joining.CopyOf(Primary);
    });

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
    internal LogRecord Append(SimulatedNode primary, IReadOnlyList<RowChange> changes, WriteDurability durability, IReadOnlyList<OperationChange>? operations = null)
    {
        var record = primary.Log.Append(changes, (ulong)(8 + _dice.Below(24)), Now, operations);
        if (durability == WriteDurability.Off)
        {
            primary.FlushLater(_dice.UpTo(primary.FlushDelay), _runtime.Time);
        }
        else
        {
            primary.Log.Flush(Now);
        }

        return record;
    }

    /// <summary>
    /// An idle primary isn't quite: some time after the last write it logs what it is about, which nobody waits for. Noted when somebody looks, under the lock.
    /// </summary>
    internal void NoteIdle(SimulatedNode primary)
    {
        var log = primary.Log;
        if (primary.IsPrimary && log.Count > 0 && log[log.Count - 1] is { Changes.Count: > 0 } last && Now - last.WrittenAt >= BackgroundInterval)
        {
            log.Append([], (ulong)(4 + _dice.Below(12)), Now);
            primary.FlushLater(_dice.UpTo(primary.FlushDelay), _runtime.Time);
        }
    }

    /// <summary>A moment passes at a node.</summary>
    internal Task PauseAsync() => _runtime.Delay(_dice.UpTo(ShortPause), CancellationToken.None);

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
        IReadOnlyList<TaskCompletionSource> waiters;
        lock (Lock)
        {
            Replicate();
            waiters = _changed.TakeWaiters();
        }

        _changed.Complete(waiters);
    }

    /// <summary>Completes when something changes, for one waiter. Taken under the lock, after looking.</summary>
    internal Task NextChange() => _changed.Next();

    /// <summary>Lets all replicas receive and replay what they can. Called under the lock.</summary>
    internal void Replicate()
    {
        var now = Now;
        foreach (var node in _nodes)
        {
            node.Step(now, _runtime.Time);
        }
    }

    private SimulatedShard SetSynchronous(int? required, ReadOnlySpan<string> nodes)
    {
        var names = new List<string>();
        foreach (var node in nodes)
        {
            names.Add(this[node].Name);
        }

        Change(() => Confirmation.Standbys = new SynchronousStandbys(required, [.. names.Distinct()]));
        return this;
    }

    private static void RequireReplica(SimulatedNode node)
    {
        if (!node.IsUp || node.IsPrimary || !node.IsComplete)
        {
            throw new InvalidOperationException(
                node.IsPrimary ? "The node is a primary already."
                : node.IsUp ? "The node is still being copied; let it catch up first."
                : "The node is down; restart it first.");
        }
    }

    private void Promote(SimulatedNode node, bool followers)
    {
        RequireReplica(node);
        var before = node.Log;
        node.Replay.Finish(before, node.Rows);
        var log = before.Fork(_branches.Count, node.Replay.ReceivedCount);
        _branches.Add(log);
        node.BecomePrimary(log);
        Primary = node;
        foreach (var other in followers ? _nodes : [])
        {
            if (other is { IsPrimary: false, IsIsolated: false } && other.Log == before && other.Replay.ReceivedCount <= node.Replay.ReceivedCount)
            {
                other.Follow(node, log);
            }
        }
    }
}
