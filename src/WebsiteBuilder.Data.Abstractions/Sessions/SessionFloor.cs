namespace WebsiteBuilder.Data;

/// <summary>The position of a session's own blind write to one key, known by the key's hash.</summary>
internal readonly record struct KeyWrite(uint KeyHash, ulong Position);

/// <summary>
/// What one session requires of one history of one shard's log. A replica must have <see cref="Floor"/>; the primary, which has all
/// that it acknowledged itself, must prove <see cref="ReadFloor"/> only, which is never above <see cref="Floor"/>.
/// </summary>
/// <remarks>
/// DESIGN's floors P and R are <c>Floor</c> = max(P, R) and <c>ReadFloor</c> = R: P never decides anything alone.
/// </remarks>
internal sealed class SessionFloor : IEquatable<SessionFloor>
{
    /// <summary>How many single keys are remembered; the lowest position beyond that goes into the floor.</summary>
    public const int MaxWrites = 8;

    private static readonly KeyWrite[] NoWrites = [];

    public SessionFloor(ShardId shard, HistoryId history, ulong floor, ulong readFloor, KeyWrite[]? writes = null)
    {
        // A position means nothing without its history, and the wire format refuses it.
        ArgumentOutOfRangeException.ThrowIfZero(history.Value, nameof(history));
        Shard = shard;
        History = history;
        Floor = Math.Max(floor, readFloor);
        ReadFloor = readFloor;
        Writes = writes ?? NoWrites;
    }

    public ShardId Shard { get; }

    public HistoryId History { get; }

    public ulong Floor { get; }

    public ulong ReadFloor { get; }

    /// <summary>Ordered by key hash, each above <see cref="Floor"/>. Never changed after construction.</summary>
    public KeyWrite[] Writes { get; }

    /// <summary>The highest position that is required of any read of the shard or of one of its keys.</summary>
    public ulong Highest
    {
        get
        {
            var highest = Floor;
            foreach (var write in Writes)
            {
                highest = Math.Max(highest, write.Position);
            }

            return highest;
        }
    }

    /// <summary>What a read of the key requires of a replica.</summary>
    public ulong RequiredFor(uint keyHash)
    {
        foreach (var write in Writes)
        {
            if (write.KeyHash == keyHash)
            {
                return Math.Max(Floor, write.Position);
            }
        }

        return Floor;
    }

    public SessionFloor WithFloors(ulong floor, ulong readFloor)
    {
        floor = Math.Max(Math.Max(floor, readFloor), Floor);
        readFloor = Math.Max(readFloor, ReadFloor);
        return floor == Floor && readFloor == ReadFloor ? this : new SessionFloor(Shard, History, floor, readFloor, Above(floor, Writes));
    }

    /// <summary>Remembers a blind write of one key; the write with the lowest position makes room by raising the floor.</summary>
    public SessionFloor WithWrite(KeyWrite added)
    {
        if (added.Position <= RequiredFor(added.KeyHash))
        {
            return this;
        }

        var writes = Merge(Writes, [added]);
        var floor = Floor;
        while (writes.Length > MaxWrites)
        {
            floor = Math.Max(floor, writes.Min(static write => write.Position));
            writes = Above(floor, writes);
        }

        return new SessionFloor(Shard, History, floor, ReadFloor, writes);
    }

    public SessionFloor Merge(SessionFloor other)
    {
        var merged = WithFloors(other.Floor, other.ReadFloor);
        foreach (var write in other.Writes)
        {
            merged = merged.WithWrite(write);
        }

        return merged;
    }

    /// <summary>The same requirements with fewer words: single keys folded into the floor.</summary>
    public SessionFloor WithoutWrites() => Writes.Length == 0 ? this : new SessionFloor(Shard, History, Highest, ReadFloor);

    /// <summary>What remains when the history ends at a switch point.</summary>
    public SessionFloor ClippedTo(ulong end, HistoryId successor) =>
        new(Shard, successor, Math.Min(Floor, end), Math.Min(ReadFloor, end),
            Above(Math.Min(Floor, end), [.. Writes.Select(write => write with { Position = Math.Min(write.Position, end) })]));

    public bool Covers(SessionFloor other)
    {
        if (Floor < other.Floor || ReadFloor < other.ReadFloor)
        {
            return false;
        }

        foreach (var write in other.Writes)
        {
            if (RequiredFor(write.KeyHash) < write.Position)
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(SessionFloor? other) =>
        other is not null && Shard == other.Shard && History == other.History && Floor == other.Floor && ReadFloor == other.ReadFloor
        && Writes.AsSpan().SequenceEqual(other.Writes);

    public override bool Equals(object? obj) => Equals(obj as SessionFloor);

    public override int GetHashCode() => HashCode.Combine(Shard, History, Floor, ReadFloor, Writes.Length);

    public int CompareKey(SessionFloor other)
    {
        var byShard = Shard.CompareTo(other.Shard);
        return byShard != 0 ? byShard : History.Value.CompareTo(other.History.Value);
    }

    private static KeyWrite[] Above(ulong floor, KeyWrite[] writes) =>
        writes.Length == 0 ? NoWrites : [.. writes.Where(write => write.Position > floor)];

    private static KeyWrite[] Merge(KeyWrite[] left, KeyWrite[] right) =>
        [.. left.Concat(right)
            .GroupBy(static write => write.KeyHash)
            .Select(static group => group.MaxBy(static write => write.Position))
            .OrderBy(static write => write.KeyHash)];
}
