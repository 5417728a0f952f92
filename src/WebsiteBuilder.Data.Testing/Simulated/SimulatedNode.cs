using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>One node of an <see cref="SimulatedShard"/>, primary or replica, with its faults. Thread-safe.</summary>
public sealed class SimulatedNode
{
    private readonly SimulatedShard _shard;
    private readonly SimulatedNetwork _network;
    private readonly Dice _dice;
    private readonly LogStream _stream;
    private readonly LogWriter _logWriter;
    private readonly StepTimer _timer;
    private int _waitsCancelled;
    private int _readAlone;
    private int _readTogether;
    private ulong _completeAt;

    internal SimulatedNode(SimulatedShard shard, SimulatedNetwork network, Dice dice, string name, RegionId region, LogBranch log, bool isPrimary)
    {
        _shard = shard;
        _network = network;
        _dice = dice;
        _stream = new LogStream(network, dice);
        _logWriter = new LogWriter(shard, this);
        _timer = new StepTimer(shard);
        Arrivals = new Arrivals(shard, this);
        Name = name;
        Region = region;
        Log = log;
        IsPrimary = isPrimary;
        Replay = new Replay(log);
        Acknowledged = new Acknowledgements(network, dice);
    }

    /// <summary>The name, as results and messages show it.</summary>
    public string Name { get; }

    /// <summary>Where it runs.</summary>
    public RegionId Region { get; }

    /// <summary>Whether it takes itself for a primary.</summary>
    public bool IsPrimary { get; private set; }

    /// <summary>Whether the server runs. A hung one does.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>
    /// Whether the node has at least all that its source had when it joined, always so unless <see cref="SimulatedShard.Rejoin"/> has made it a fresh copy. Until then it
    /// refuses connections, and can't be promoted.
    /// </summary>
    public bool IsComplete => IsPrimary || Replay.Received >= _completeAt;

    /// <summary>What an answer of this node takes beyond the round trip between the regions: zero or more. Default: zero.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>
    /// How long a log record takes to arrive here beyond what the link from the primary's region takes: zero or more. Default: zero. Applies to records that are on
    /// their way, too.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public TimeSpan ReplicationDelay
    {
        get => _stream.Delay;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            Change(() => _stream.Delay = value);
        }
    }

    /// <summary>
    /// How long a primary may leave a write at <see cref="WriteDurability.Off"/> in memory, where a crash loses it and no replica gets it: zero or more; each time
    /// a part of it, by chance. Default: 200 ms, PostgreSQL's <c>wal_writer_delay</c>. The next write with any other durability takes it along to the disk.
    /// </summary>
    public TimeSpan FlushDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the node does what servers do rarely.</summary>
    public SimulatedOdds Odds { get; } = new();

    /// <summary>What reads take beyond that; nothing else does.</summary>
    internal TimeSpan ReadLatency { get; set; }

    internal LogBranch Log { get; private set; }

    internal Replay Replay { get; }

    internal RowSet Rows { get; } = new();

    internal PendingCommits Pending { get; } = new();

    internal RowLocks Locks { get; } = new();

    /// <summary>What comes to it.</summary>
    internal Arrivals Arrivals { get; }

    /// <summary>Whom a replica streams from.</summary>
    internal SimulatedNode? Source { get; private set; }

    /// <summary>What the source knows of this replica.</summary>
    internal Acknowledgements Acknowledged { get; }

    internal bool IsIsolated { get; private set; }

    /// <summary>The lock of whichever coordinator is at work on it.</summary>
    internal VoteLock Vote { get; } = new();

    /// <summary>Whether a primary refuses writes because it was told so; it stays so over restarts.</summary>
    internal bool IsFenced { get; private set; }

    internal bool IsHung { get; private set; }

    internal bool IsRunning => IsUp && !IsHung;

    internal long Incarnation { get; private set; } = 1;

    /// <summary>How many keys clients have asked for one by one.</summary>
    internal int ReadAlone => _readAlone;

    /// <summary>How many keys they have asked for with others in one round trip.</summary>
    internal int ReadTogether => _readTogether;

    /// <summary>How often waiting writes were cancelled.</summary>
    internal int WaitsCancelled => _waitsCancelled;

    /// <summary>On a replica: goes on receiving the log, and replays no more of it. Stays across restarts.</summary>
    public void PauseReplay() => Change(() => Replay.IsPaused = true);

    /// <summary>Replays again.</summary>
    public void ResumeReplay() => Change(() => Replay.IsPaused = false);

    /// <summary>On a replica: receives no more of the log, as when the link to the primary is cut. As a synchronous standby it acknowledges nothing then, so commits wait.</summary>
    public void StopReceiving() => Change(() => _stream.ReceivesNothing = true);

    /// <summary>Receives again, all that was missed first.</summary>
    public void ResumeReceiving() => Change(() => _stream.ReceivesNothing = false);

    /// <summary>
    /// On a replica: shows the rows of the next record while the replay position stays before it, as PostgreSQL does for a moment with each
    /// record. Later records wait.
    /// </summary>
    public void HoldReplayPosition() => Change(() => Replay.HoldsPosition = true);

    /// <summary>Moves the replay position again. A restart does so, too, and forgets the rows that showed too early.</summary>
    public void ReleaseReplayPosition() => Change(() => Replay.HoldsPosition = false);

    /// <summary>
    /// Stops the server at once: what is being carried out is interrupted, what comes later is refused. A primary's log survives as far as it was flushed: writes
    /// at <see cref="WriteDurability.Off"/> may be gone, and later writes get their positions.
    /// </summary>
    public void Kill() => Change(GoDown);

    /// <summary>
    /// Starts the server again, in the role and on the history that it had; a running one goes down first, as by <see cref="Kill"/>. Commits that were waiting for a
    /// standby are visible then.
    /// </summary>
    public void Restart() => Change(StartAnew);

    /// <summary>Answers nothing, and neither sends nor receives log records, until healed. What comes meanwhile waits, and is carried out then.</summary>
    public void Hang() => Change(() => IsHung = IsUp);

    /// <summary>Ends a hang, and forgets faults that were asked for.</summary>
    public void Heal() => Change(() =>
    {
        IsHung = false;
        _logWriter.GoOn();
        Arrivals.Heal();
    });

    /// <summary>
    /// Cuts the node off from everybody, both ways, clients and other nodes of its region included; it runs on. What is sent to it or by it is held, as by
    /// <see cref="SimulatedLink.Cut"/>. Isolating again does nothing.
    /// </summary>
    /// <remarks>To lose a machine without a trace, isolate its node and then kill it: nobody is refused a connection by a machine that is gone.</remarks>
    public void Isolate() => _network.Change(() => IsIsolated = true);

    /// <summary>Ends the isolation.</summary>
    public void Reconnect() => _network.Change(() => IsIsolated = false);

    /// <summary>
    /// On a primary: cancels the waits of commits for synchronous standbys, as an operator would with <c>pg_cancel_backend</c>. They stand, become visible, and are
    /// acknowledged as <see cref="WriteDurability.Local"/>: committed, not replicated. Writes that wait for another write's row fail, and weren't applied.
    /// </summary>
    public void CancelWaits() => Change(() => _waitsCancelled++);

    /// <summary>Asks for a fault. Faults happen in the order in which they were asked for.</summary>
    /// <param name="fault">What goes wrong.</param>
    /// <param name="operations">What it befalls: the next operations of these kinds.</param>
    /// <param name="times">How many of them, 1 or more. Default: 1.</param>
    public void FailNext(SimulatedFault fault, SimulatedOperations operations = SimulatedOperations.Reads | SimulatedOperations.Writes, int times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_shard.Lock)
        {
            Arrivals.FailNext(fault, operations, times);
        }
    }

    /// <summary>How many operations of these kinds have reached the node, failed ones included and refused connections too.</summary>
    public int CountOf(SimulatedOperations operations)
    {
        lock (_shard.Lock)
        {
            return Arrivals.CountOf(operations);
        }
    }

    /// <summary>A client asks for a key, or for several at once.</summary>
    internal void NoteKeys(int keys) => Interlocked.Add(ref keys == 1 ? ref _readAlone : ref _readTogether, keys);

    internal void RequireRunningSince(long incarnation, SimulatedOperations operation)
    {
        if (!IsUp || Incarnation != incarnation)
        {
            throw Faults.Lost(operation);
        }
    }

    /// <summary>A node that is fenced ends the connections of its clients; what they wait for, they never learn.</summary>
    internal void SetFence(bool isFenced)
    {
        Incarnation += isFenced ? 1 : 0;
        IsFenced = isFenced;
    }

    /// <summary>Is told to stream from a node. It does if that one's log continues its own.</summary>
    internal void Attach(SimulatedNode source)
    {
        Follow(source, source.IsPrimary && Follows(source.Log) ? source.Log : Log);
    }

    /// <summary>How long a replica's source has been silent.</summary>
    internal TimeSpan SilentFor(TimeSpan now) => _stream.SilentFor(now);

    private bool Follows(LogBranch log)
    {
        while (log != Log)
        {
            if (log.Parent is not { } parent || Replay.Received > log.ForkedAt)
            {
                return false;
            }

            log = parent;
        }

        return true;
    }

    /// <summary>Becomes a replica of another node's log.</summary>
    internal void Follow(SimulatedNode source, LogBranch log)
    {
        Source = source;
        Log = log;
        IsPrimary = false;
        Acknowledged.Reset();
        _stream.Begin(_shard.Now);
    }

    /// <summary>Takes writes on a log of its own from now on.</summary>
    internal void BecomePrimary(LogBranch log)
    {
        Source = null;
        Log = log;
        IsPrimary = true;
        Acknowledged.Reset();
    }

    /// <summary>Starts over as a copy of another node.</summary>
    internal void CopyOf(SimulatedNode source)
    {
        StartAnew();
        IsFenced = false;
        Replay.Reset(source.Log, Rows);
        Follow(source, source.Log);
        _stream.ReceivesNothing = false;
        _completeAt = source.Log.Flushed;
    }

    /// <summary>Flushes the log by then, as the server's background writer does.</summary>
    internal void FlushLater(TimeSpan delay, TimeProvider time) => _logWriter.FlushLater(delay, time);

    /// <summary>Follows nobody, and acknowledges nothing more.</summary>
    internal void Detach()
    {
        Source = null;
        Acknowledged.Reset();
    }

    /// <summary>As a server that is started anew. One that was running goes down without warning first.</summary>
    internal void StartAnew()
    {
        GoDown();
        IsUp = true;
        Incarnation++;
        foreach (var record in Pending.TakeAll())
        {
            Rows.Apply(record);
        }

        if (!IsPrimary)
        {
            Replay.Restart(Log, Rows);
        }
    }

    internal void GoDown()
    {
        if (IsPrimary && IsUp && Log.Crash())
        {
            // What waits for a standby was flushed, and is visible after the start.
            Pending.TakeAll();
            Rows.Rebuild(Log, Log.Count);
        }

        Locks.Clear();
        IsUp = false;
        IsHung = false;
    }

    /// <summary>Receives and replays what it can right now.</summary>
    internal void Step(TimeSpan now, TimeProvider time)
    {
        if (IsPrimary || !IsUp)
        {
            return;
        }

        var next = TimeSpan.MaxValue;
        _stream.Watch(Source, this, now);
        if (!IsHung)
        {
            if (Source is { IsPrimary: true, IsRunning: true } source && source.Log == Log)
            {
                next = _stream.Receive(source, this, now) ?? next;
            }

            if (Replay.Run(Log, Rows, now, Odds.EarlyRows > 0 ? HoldPosition : null) is { } released && released < next)
            {
                next = released;
            }
        }

        if (Source is { } primary && primary.Log == Log && _shard.Confirmation.Counts(this) && Acknowledged.Run(this, primary, now) is { } arrival && arrival < next)
        {
            next = arrival;
        }

        _timer.Set(next, now, time);
    }

    /// <summary>Whether a replica's receiver runs, and so the node itself can say what timeline it is on.</summary>
    internal bool IsReceiving(TimeSpan now) => !IsPrimary && _stream.IsConnected(Source, this, now);

    internal bool CancelsRead() => !IsPrimary && _dice.Happens(Odds.ReplayConflict);

    internal bool SplitsRead() => _dice.Happens(Odds.SplitRead);

    internal bool CommitsLate() => _dice.Happens(Odds.LateCommit);

    private TimeSpan? HoldPosition() => _dice.Happens(Odds.EarlyRows) ? _shard.Now + _dice.UpTo(SimulatedShard.ShortPause) : null;

    private void Change(Action change) => _shard.Change(change);
}
