namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>What a read sends along with its query, and what was known when it was sent.</summary>
/// <param name="Proves">Whether it proves a primary's position.</param>
/// <param name="Known">What stands for the look before the query; null if the read has to look itself.</param>
/// <param name="Sent">What was proven visible before.</param>
/// <param name="AskedAt">The time.</param>
internal readonly record struct ReadQuestion(bool Proves, LoStamp? Known, VisibilityMark Sent, TimeSpan AskedAt);

/// <summary>
/// What one node has proven so far, and what an answer proves on top of that: the client's side of a read, with no server in it. Thread-safe.
/// </summary>
internal sealed class NodeProofs
{
    /// <summary>An answer's age is counted from the look that stands for its own: less than the primary is sampled by.</summary>
    private static readonly TimeSpan MaxLookAge = TimeSpan.FromMilliseconds(100);

    private readonly VisibilityLedger _ledger = new();
    private readonly ConfirmedReach _reach = new();
    private volatile bool _wasPrimary;
    private volatile ServerRun? _run;

    /// <summary>What to ask. Take it before the read is sent.</summary>
    /// <param name="guard">What the answer must bring along.</param>
    /// <param name="run">The run of the server that the connection is known to lead to; null if it isn't known.</param>
    /// <param name="now">The time.</param>
    public ReadQuestion Ask(ReadGuard guard, ServerRun? run, TimeSpan now)
    {
        // A proof costs a look at the lock table; it is made only where a primary is asked for more than it has proven.
        var proves = guard.ProveAtPrimary > 0 && _wasPrimary;
        var known = !proves && run is not null && ReferenceEquals(run, _run) && run.Latest is var (lo, seenAt)
            && now - seenAt <= MaxLookAge && (!lo.InRecovery || lo.Replayed >= guard.AtReplica)
            ? lo
            : (LoStamp?)null;
        return new ReadQuestion(proves, known, _ledger.Mark(), now);
    }

    /// <summary>What a read proves.</summary>
    /// <param name="question">What was known when it was sent.</param>
    /// <param name="asked">Its own look; null if it had none.</param>
    /// <param name="hi">Where the node stood after the query.</param>
    /// <param name="proof">The proof, if it made one.</param>
    /// <param name="run">The run that its connection leads to, as far as that is known now.</param>
    /// <exception cref="StoreFaultException">The node's role changed, or it was found to run at an isolation level that proves nothing.</exception>
    public ReadStamp Stamp(in ReadQuestion question, LoStamp? asked, in HiStamp hi, VisibilityProof? proof, ref ServerRun? run)
    {
        var lo = asked ?? question.Known!.Value;
        if (!lo.ReadCommitted)
        {
            throw new StoreFaultException(
                StoreFaultKind.Rejected,
                WriteDisposition.NotApplied,
                "Verified reads need READ COMMITTED: set default_transaction_isolation of the role and database to it.");
        }

        _wasPrimary = !hi.InRecovery;
        if (lo.InRecovery != hi.InRecovery)
        {
            // Promoted in between; the next read sees clearly.
            run?.Forget();
            run = null;
            throw new StoreFaultException(StoreFaultKind.WrongRole, WriteDisposition.NotApplied, "The node was promoted during the read.");
        }

        run = asked is { } own ? RunOf(own, run, question.AskedAt) : run;
        return lo.InRecovery ? Replica(lo, asked is not null, hi, question, ref run) : Primary(lo, hi, question, proof, run);
    }

    /// <summary>What the node says of itself in a probe.</summary>
    /// <param name="look">The answer.</param>
    /// <param name="flushed">What was flushed, on a primary.</param>
    public NodeObservation Observation(in LoStamp look, ulong? flushed)
    {
        _wasPrimary = !look.InRecovery;
        var position = look.InRecovery ? look.Replayed ?? 0 : flushed ?? 0;
        if (look.OnNamedHistory)
        {
            if (look.InRecovery)
            {
                _reach.Confirm(look.NamedHistory, position);
            }

            return new NodeObservation(!look.InRecovery, look.NamedHistory, NeedsHistory: false, position, look.Incarnation);
        }

        // A replica on a timeline that nobody has named yet waits for the name to arrive; one without receiver may know its history from before.
        var sure = look.InRecovery && look.Timeline is null && _reach.Covers(look.NamedHistory, position);
        var ask = !look.InRecovery || (look.Timeline is null && !sure);
        return new NodeObservation(!look.InRecovery, sure ? look.NamedHistory : default, ask, position, look.Incarnation);
    }

    /// <summary>The node named its history, and up to where its log is known to be of it.</summary>
    public void Confirm(HistoryId history, ulong reach) => _reach.Confirm(history, reach);

    /// <summary>The run that a look was at: the connection's own, the latest known one, or a new one.</summary>
    private ServerRun? RunOf(in LoStamp look, ServerRun? own, TimeSpan askedAt)
    {
        if (!look.OnNamedHistory)
        {
            return null;
        }

        var latest = _run;
        return latest is not null && (ReferenceEquals(own, latest) ? latest.IsStill(look) : latest.TryJoin(look, askedAt))
            ? latest
            : _run = new ServerRun(look, askedAt);
    }

    private ReadStamp Replica(in LoStamp lo, bool isOwnLook, in HiStamp hi, in ReadQuestion question, ref ServerRun? run)
    {
        var history = lo.NamedHistory;
        if (lo.Replayed is not { } replayed || hi.Replayed is not { } replayedAfter)
        {
            return new ReadStamp(IsPrimary: false, default, 0, ulong.MaxValue, lo.Incarnation);
        }

        var stays = hi.Timeline is not null && hi.Timeline == lo.Timeline;
        if (stays)
        {
            run?.Saw(replayedAfter, question.AskedAt);
        }
        else
        {
            run?.Forget();
            run = null;
        }

        if (lo.OnNamedHistory && (stays || isOwnLook))
        {
            // What was received counts if the receiver was still on the timeline after that.
            _reach.Confirm(history, stays ? Math.Max(replayed, hi.Received ?? 0) : replayed);
        }
        else if ((isOwnLook ? lo.Timeline : hi.Timeline) is not null || !_reach.Covers(history, replayedAfter))
        {
            history = default;
        }

        return new ReadStamp(IsPrimary: false, history, replayed, LogPosition.SeenOnReplica(replayedAfter, hi.Received), lo.Incarnation);
    }

    private ReadStamp Primary(in LoStamp lo, in HiStamp hi, in ReadQuestion question, VisibilityProof? proof, ServerRun? run)
    {
        if (!lo.OnNamedHistory)
        {
            return new ReadStamp(IsPrimary: true, default, 0, ulong.MaxValue, lo.Incarnation);
        }

        run?.Saw(0, question.AskedAt);
        var history = lo.NamedHistory;
        var proven = proof is null ? question.Sent.ProvenOn(history) : _ledger.Prove(question.Sent, history, proof);

        // Commits without flush are visible too, so what a read may have seen is bounded by what was inserted.
        return new ReadStamp(IsPrimary: true, history, proven, hi.Inserted ?? 0, lo.Incarnation);
    }
}
