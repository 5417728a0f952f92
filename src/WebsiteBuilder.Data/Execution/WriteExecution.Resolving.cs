using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The part that finds out what became of an attempt.</summary>
internal sealed partial class WriteExecution<TOperation>
{
    /// <summary>
    /// The result, if the attempt was applied; null if it never will be, so that another one may be sent. A history that began after the attempt
    /// was sent can say that it has the write. That it hasn't doesn't say that nobody saw it: it may be among what the promotion lost.
    /// </summary>
    /// <exception cref="ConflictException">The attempt was refused.</exception>
    /// <exception cref="DeadlineExceededException">The attempt took its time, and never will be applied.</exception>
    /// <exception cref="AmbiguousWriteException">Nobody answered in time, or a later history lacks the write.</exception>
    private async Task<WriteResult?> ResolveAsync(OperationRows rows, ShardNode node, LogHistory sentOn, Exception unclear)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (await AskAsync(rows.Attempt, abandon: true).ConfigureAwait(false) is not { } found)
        {
            throw Ambiguous(node, unclear);
        }

        switch (OperationVerdicts.Of(found.Stored, request: null))
        {
            case OperationVerdict.Applied:
                return Applied(found);
            case OperationVerdict.Refused:
                throw Refused(found);
            case OperationVerdict.NeverApplied when found.History.Id == sentOn.Id:
                _abandoned++;

                // What was left of the time was for asking.
                return unclear is TimeoutException ? throw Late() : operation.Repeats == Repetition.Never ? throw Lost(node, unclear) : null;
            default:
                throw Ambiguous(node, unclear);
        }
    }

    /// <summary>The result of the first write under the idempotency key.</summary>
    /// <exception cref="ConflictException">
    /// The first one was refused, the key was used for something else, or there was no first one, so that this one's own conflict stands.
    /// </exception>
    /// <exception cref="AmbiguousWriteException">Nobody answered in time.</exception>
    private async Task<WriteResult?> LookUpAsync(OperationRows rows, ShardNode node, LogHistory sentOn, StoreFaultException refused)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (await AskAsync(rows.Key!.Value.Id, abandon: false).ConfigureAwait(false) is not { } found)
        {
            throw Ambiguous(node, refused);
        }

        switch (OperationVerdicts.Of(found.Stored, rows.Key.Value.Request))
        {
            case OperationVerdict.Applied:
                return Applied(found);
            case OperationVerdict.Refused:
                throw Refused(found);
            case OperationVerdict.KeyReused:
                throw Conflict(found.Node, ConflictKind.IdempotencyKeyReused, null);
            default:
                // A conflict of its own; or the key's row was swept away between the two looks, and then the attempt's own says what to do.
                return refused.Kind is StoreFaultKind.Conflict or StoreFaultKind.BodyFailed
                    ? throw Failure(node, refused)
                    : await ResolveAsync(rows, node, sentOn, refused).ConfigureAwait(false);
        }
    }

    private Task<FoundOperation?> AskAsync(Guid id, bool abandon) =>
        new OperationResolution(engine, Durability, _deadline, cancellationToken).RunAsync(id, abandon);

    private WriteResult Applied(in FoundOperation found) =>
        Applied(found.Node, found.History, new StoreWrite(found.Stored.Position, found.Stored.Version, found.Stored.Reached) { Confirmed = found.Stored.Confirmed });

    private ConflictException Refused(in FoundOperation found)
    {
        // As with any refusal: reading again must show what contradicted the write.
        session.Wrote(engine.Shard.Definition.Id, found.History, found.Stored.Position, null, engine.Runtime.Now);
        return Conflict(found.Node, OperationVerdicts.ConflictOf(found.Stored.Outcome), null);
    }
}
