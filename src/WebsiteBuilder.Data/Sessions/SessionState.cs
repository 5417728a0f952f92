using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Sessions;

/// <summary>
/// A session in memory: its token, and what only this process knows of it. All changes go upwards; thread-safe.
/// </summary>
internal sealed partial class SessionState(SessionToken resume)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ShardId, Local> _local = [];
    private SessionToken _token = resume;

    private readonly record struct Local(TimeSpan? LearnedAt, RepeatRead Repeat);

    public SessionToken Token
    {
        get
        {
            lock (_lock)
            {
                return _token;
            }
        }
    }

    public void Merge(SessionToken other)
    {
        lock (_lock)
        {
            _token = _token.Merge(other);
            foreach (var floor in other.Floors)
            {
                // Whoever wrote this token may have seen at another node what the repeating one hasn't shown.
                if (_local.TryGetValue(floor.Shard, out var local) && floor.Floor > local.Repeat.Lo)
                {
                    _local[floor.Shard] = local with { Repeat = default };
                }
            }
        }
    }

    /// <summary>Whether single keys of a shard require more than others.</summary>
    public bool HasBlindWrites(ShardId shard)
    {
        lock (_lock)
        {
            foreach (var floor in _token.Floors)
            {
                if (floor.Shard == shard && floor.Writes.Length > 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>What a read of a shard, or of one key in it, requires in the shard's current history.</summary>
    /// <exception cref="SessionHistoryLostException">Part of what the session requires is gone.</exception>
    /// <exception cref="UnknownHistoryException">The token names a history that the current one doesn't know.</exception>
    public Requirement RequirementFor(ShardId shard, LogHistory history, uint? keyHash)
    {
        lock (_lock)
        {
            var floor = Rebase(shard, history);
            if (floor is null)
            {
                return Requirement.None;
            }

            _local.TryGetValue(shard, out var local);
            var replica = keyHash is { } hash ? floor.RequiredFor(hash) : floor.Highest;
            return new Requirement(replica, floor.ReadFloor, local.LearnedAt, local.Repeat);
        }
    }

    /// <summary>The session has seen what a node answered.</summary>
    public void SawRead(ShardId shard, LogHistory history, ReadStamp stamp, int endpoint, TimeSpan now) =>
        SawRead(shard, history.Id, stamp, endpoint, now);

    /// <inheritdoc cref="SawRead(ShardId, LogHistory, ReadStamp, int, TimeSpan)"/>
    public void SawRead(ShardId shard, HistoryId history, ReadStamp stamp, int endpoint, TimeSpan now)
    {
        lock (_lock)
        {
            var before = _token.Find(shard, history);
            var floor = before ?? new SessionFloor(shard, history, 0, 0);
            var raised = stamp.IsPrimary ? floor.WithFloors(stamp.Hi, 0) : floor.WithFloors(stamp.Hi, stamp.Hi);
            if (!ReferenceEquals(raised, before))
            {
                _token = _token.With(raised);
            }

            _local.TryGetValue(shard, out var local);
            _local[shard] = new Local(
                raised.Floor > floor.Floor ? now : local.LearnedAt, RepeatAfter(local.Repeat, floor.Floor, stamp, endpoint));
        }
    }

    /// <summary>The session has written.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="history">The history that the write is in.</param>
    /// <param name="position">Whoever has it, has the write.</param>
    /// <param name="blindKey">The hash of the one key that was written by a write that learned nothing; null for any other write.</param>
    /// <param name="now">The time.</param>
    public void Wrote(ShardId shard, LogHistory history, ulong position, uint? blindKey, TimeSpan now) =>
        Wrote(shard, history.Id, position, blindKey, now);

    /// <inheritdoc cref="Wrote(ShardId, LogHistory, ulong, uint?, TimeSpan)"/>
    public void Wrote(ShardId shard, HistoryId history, ulong position, uint? blindKey, TimeSpan now)
    {
        lock (_lock)
        {
            var floor = _token.Find(shard, history) ?? new SessionFloor(shard, history, 0, 0);
            _token = _token.With(blindKey is { } key ? floor.WithWrite(new KeyWrite(key, position)) : floor.WithFloors(position, 0));
            _local.TryGetValue(shard, out var local);
            _local[shard] = local with { LearnedAt = now };
        }
    }

    /// <summary>
    /// Who may repeat itself after one more read: a node that shows all that the session has seen, wherever it saw that. Reads that run
    /// side by side may have seen the next record at one node and not at the other.
    /// </summary>
    private static RepeatRead RepeatAfter(RepeatRead before, ulong floor, in ReadStamp stamp, int endpoint)
    {
        var isSame = before.Endpoint == endpoint + 1 && before.Incarnation == stamp.Incarnation && floor <= before.Hi;
        if (!stamp.IsPrimary && stamp.Hi > stamp.Lo && stamp.Hi >= floor && (isSame || floor < stamp.Hi))
        {
            // When the read ended, the node had all but the last byte of what is required since.
            return new RepeatRead(endpoint + 1, stamp.Incarnation, stamp.Hi - 1, stamp.Hi);
        }

        return isSame || stamp.Hi <= before.Lo ? before : default;
    }

    /// <summary>Brings the session's floors of a shard into its current history, where they were carried over by promotions.</summary>
    private SessionFloor? Rebase(ShardId shard, LogHistory history)
    {
        SessionFloor? current = null;
        List<SessionFloor>? older = null;
        foreach (var floor in _token.Floors)
        {
            if (floor.Shard != shard)
            {
                continue;
            }

            if (floor.History == history.Id)
            {
                current = floor;
            }
            else
            {
                (older ??= []).Add(floor);
            }
        }

        return older is null ? current : Rebase(shard, history, current, older);
    }

    private SessionFloor Rebase(ShardId shard, LogHistory history, SessionFloor? current, List<SessionFloor> older)
    {
        var lost = false;
        var rebased = current ?? new SessionFloor(shard, history.Id, 0, 0);
        var token = _token;
        foreach (var floor in older)
        {
            var end = history.SharedWith(floor.History) ?? throw new UnknownHistoryException();
            lost |= floor.Highest > end;
            rebased = rebased.Merge(floor.ClippedTo(end, history.Id));
            token = token.Without(shard, floor.History);
        }

        token = token.With(rebased);
        if (lost)
        {
            throw new SessionHistoryLostException(
                "A promotion lost something that this session wrote or saw. Continue with a session opened from Remaining; what was lost has to be done again.",
                token)
            {
                Shard = shard,
            };
        }

        _token = token;
        return rebased;
    }
}

/// <summary>A token names a history that isn't among the ancestors of the one that is known. The engine looks again before it gives up.</summary>
internal sealed class UnknownHistoryException() : Exception("The token names an unknown history.");
