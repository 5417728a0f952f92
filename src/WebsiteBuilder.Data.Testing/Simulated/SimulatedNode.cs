using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>One node of an <see cref="SimulatedShard"/>, primary or replica, with its faults. Thread-safe.</summary>
public sealed class SimulatedNode
{
    private readonly SimulatedShard _shard;
    private readonly FaultPlan _faults = new();
    private readonly Dictionary<SimulatedOperations, int> _counts = [];
    private ITimer? _arrival;

    internal SimulatedNode(SimulatedShard shard, string name, RegionId region, LogBranch log)
    {
        _shard = shard;
        Name = name;
        Region = region;
        Log = log;
        Replay = new Replay(log.Origin);
    }

    /// <summary>The name, as results and messages show it.</summary>
    public string Name { get; }

    /// <summary>Where it runs.</summary>
    public RegionId Region { get; }

    /// <summary>Whether it takes itself for a primary.</summary>
    public bool IsPrimary { get; internal set; }

    /// <summary>Whether the server runs. A hung one does.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>What an answer of this node takes beyond the round trip between the regions: zero or more. Default: zero.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>How long a log record takes to arrive here from the primary: zero or more. Default: zero. Applies to records that are on their way, too.</summary>
    public TimeSpan ReplicationDelay
    {
        get => Replay.Delay;
        set => Change(() => Replay.Delay = value);
    }

    internal LogBranch Log { get; set; }

    internal Replay Replay { get; }

    internal RowSet Rows { get; } = new();

    internal PendingCommits Pending { get; } = new();

    /// <summary>Whom a replica streams from.</summary>
    internal SimulatedNode? Source { get; set; }

    internal bool IsHung { get; private set; }

    internal bool IsRunning => IsUp && !IsHung;

    internal long Incarnation { get; private set; } = 1;

    /// <summary>The history, as far as the node itself can name it.</summary>
    internal HistoryId History =>
        Log.History is { } history && (IsPrimary || Replay.Replayed >= Log.NamedAt) ? history.Id : default;

    /// <summary>On a replica: goes on receiving the log, and replays no more of it. Stays across restarts.</summary>
    public void PauseReplay() => Change(() => Replay.IsPaused = true);

    /// <summary>Replays again.</summary>
    public void ResumeReplay() => Change(() => Replay.IsPaused = false);

    /// <summary>On a replica: receives no more of the log, as when the link to the primary is cut. As a synchronous standby it acknowledges nothing then, so commits wait.</summary>
    public void StopReceiving() => Change(() => Replay.ReceivesNothing = true);

    /// <summary>Receives again, all that was missed first.</summary>
    public void ResumeReceiving() => Change(() => Replay.ReceivesNothing = false);

    /// <summary>
    /// On a replica: shows the rows of the next record while the replay position stays before it, as PostgreSQL does for a moment with each
    /// record. Later records wait.
    /// </summary>
    public void HoldReplayPosition() => Change(() => Replay.HoldsPosition = true);

    /// <summary>Moves the replay position again. A restart does so, too, and forgets the rows that showed too early.</summary>
    public void ReleaseReplayPosition() => Change(() => Replay.HoldsPosition = false);

    /// <summary>Stops the server at once: what is on its way is interrupted, what comes later is refused. A primary's log survives.</summary>
    public void Kill() => Change(() =>
    {
        IsUp = false;
        IsHung = false;
    });

    /// <summary>
    /// Starts the server again, in the role and on the history that it had; a running one goes down first. Commits that were waiting for a standby
    /// are visible then.
    /// </summary>
    public void Restart() => Change(StartAnew);

    /// <summary>Answers nothing, and neither sends nor receives log records, until healed. What comes meanwhile waits, and is carried out then.</summary>
    public void Hang() => Change(() => IsHung = IsUp);

    /// <summary>Ends a hang, and forgets faults that were asked for.</summary>
    public void Heal() => Change(() =>
    {
        IsHung = false;
        _faults.Clear();
    });

    /// <summary>Asks for a fault. Faults happen in the order in which they were asked for.</summary>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="operations">What it befalls: the next operations of these kinds.</param>
    /// <param name="times">How many of them, 1 or more. Default: 1.</param>
    public void FailNext(SimulatedFault fault, SimulatedOperations operations = SimulatedOperations.Reads | SimulatedOperations.Writes, int times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_shard.Lock)
        {
            _faults.Add(fault, operations, times);
        }
    }

    /// <summary>How many operations of these kinds have reached the node, failed ones included and refused connections too.</summary>
    public int CountOf(SimulatedOperations operations)
    {
        lock (_shard.Lock)
        {
            return _counts.Where(count => (count.Key & operations) != SimulatedOperations.None).Sum(static count => count.Value);
        }
    }

    /// <summary>An operation arrives.</summary>
    /// <exception cref="StoreFaultException">Nobody listens.</exception>
    internal void Arrived(SimulatedOperations operation)
    {
        lock (_shard.Lock)
        {
            _counts[operation] = _counts.GetValueOrDefault(operation) + 1;
            if (!IsUp)
            {
                throw Faults.Of(SimulatedFault.Unreachable, operation);
            }
        }
    }

    /// <summary>Lets an operation in once the node answers; tells the incarnation that serves it, and the fault that befalls it.</summary>
    internal async Task<(long Incarnation, SimulatedFault? Fault)> AdmitAsync(SimulatedOperations operation)
    {
        while (true)
        {
            var changed = _shard.Changed;
            lock (_shard.Lock)
            {
                if (!IsUp)
                {
                    throw Faults.Lost(operation);
                }

                if (!IsHung)
                {
                    return (Incarnation, _faults.Take(operation));
                }
            }

            await changed.ConfigureAwait(false);
        }
    }

    internal void RequireRunningSince(long incarnation, SimulatedOperations operation)
    {
        if (!IsUp || Incarnation != incarnation)
        {
            throw Faults.Lost(operation);
        }
    }

    /// <summary>Becomes a replica of another node's log.</summary>
    internal void Follow(SimulatedNode source, LogBranch log)
    {
        Source = source;
        Log = log;
        IsPrimary = false;
    }

    /// <summary>As a server that is started anew.</summary>
    internal void StartAnew()
    {
        IsUp = true;
        IsHung = false;
        Incarnation++;
        foreach (var record in Pending.TakeAll())
        {
            Rows.Apply(record.Change);
        }

        if (!IsPrimary)
        {
            Replay.Restart(Log, Rows);
        }
    }

    /// <summary>Receives and replays what it can right now.</summary>
    internal void Step(TimeSpan now, TimeProvider time)
    {
        if (IsPrimary || !IsRunning)
        {
            return;
        }

        if (Source is { IsPrimary: true, IsRunning: true } source && source.Log == Log && Replay.Receive(Log, now) is { } next)
        {
            _arrival ??= time.CreateTimer(static shard => ((SimulatedShard)shard!).Step(), _shard, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _arrival.Change(next - now, Timeout.InfiniteTimeSpan);
        }

        Replay.Run(Log, Rows);
    }

    private void Change(Action change) => _shard.Change(change);
}
