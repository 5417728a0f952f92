using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Failover;

/// <summary>
/// One failover, in the order that keeps what a quorum acknowledged: hold the standbys, detach them, compare what they have received, promote the one that has
/// most, attach the others to it. What is left, and fencing the old primary, is <see cref="Mender"/>'s.
/// </summary>
internal sealed class FailoverRun(FailoverContext context)
{
    private readonly FailoverPolicy _policy = context.Policy;

    /// <summary>Promotes, or says why not.</summary>
    /// <param name="dryRun">Only says what it would do.</param>
    /// <param name="cancellationToken">Stops between steps; a standby that was detached stays so until a later check.</param>
    public async Task<(FailoverRefusal Refusal, Member? Promoted)> RunAsync(bool dryRun, CancellationToken cancellationToken)
    {
        var before = PromotionRules.Choose(_policy, await context.LookAsync(null, cancellationToken).ConfigureAwait(false), final: false);
        if (before.Refusal != FailoverRefusal.None)
        {
            return Refuse(before);
        }

        if (dryRun)
        {
            context.Tell(new FailoverRecord(_policy.Shard, FailoverStep.WouldPromote, before.Choice!.Member.Name)
            {
                Position = before.Choice.Standing!.Received,
                Standbys = (before.Counted.Count, _policy.Needed),
            });
            return (FailoverRefusal.None, null);
        }

        var lease = await QuorumLease.TakeAsync(
            context, _policy.Members.Where(member => before.Counted.Any(sight => sight.Member == member)), cancellationToken).ConfigureAwait(false);
        await using (lease.ConfigureAwait(false))
        {
            return await RunAsync(lease, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(FailoverRefusal Refusal, Member? Promoted)> RunAsync(QuorumLease lease, CancellationToken cancellationToken)
    {
        if (lease.MetAnother || lease.Held.Count() < Needed)
        {
            return Refuse(lease.MetAnother ? FailoverRefusal.LeaseNotHeld : FailoverRefusal.TooFewStandbys, lease.Held.Count());
        }

        // Whoever was at work before us has let go: what is seen from now on is what became of it.
        context.Tell(FailoverStep.LeaseTaken);
        var before = PromotionRules.Choose(_policy, await context.LookAsync(lease, cancellationToken).ConfigureAwait(false), final: false);
        if (before.Refusal != FailoverRefusal.None)
        {
            return Refuse(before);
        }

        await Task.WhenAll(lease.Held.ToArray().Select(held => DetachAsync(held, cancellationToken))).ConfigureAwait(false);
        var choice = PromotionRules.Choose(_policy, await context.LookAsync(lease, cancellationToken).ConfigureAwait(false), final: true);
        if (choice.Refusal != FailoverRefusal.None)
        {
            return Refuse(choice);
        }

        var chosen = choice.Choice!;
        context.Tell(new FailoverRecord(_policy.Shard, FailoverStep.Chosen, chosen.Member.Name)
        {
            Position = chosen.Standing!.Received,
            Standbys = (choice.Counted.Count, _policy.Needed),
        });
        return await PromoteAsync(lease, choice, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(FailoverRefusal Refusal, Member? Promoted)> PromoteAsync(QuorumLease lease, PromotionChoice choice, CancellationToken cancellationToken)
    {
        var chosen = choice.Choice!.Member;
        if (lease.Of(chosen) is not { } hand)
        {
            return Refuse(FailoverRefusal.LeaseNotHeld, lease.Held.Count());
        }

        try
        {
            if (!Mender.IsPrepared(_policy, choice.Choice))
            {
                // Before it takes writes: there is no moment at which it would acknowledge them alone.
                await hand.UseAsync((vote, token) => DoneAsync(vote.PrepareAsync(_policy.RuleOf(chosen.Name), token)), _policy.PromotionTimeout, cancellationToken)
                    .ConfigureAwait(false);
            }

            var until = await lease.RenewAsync(cancellationToken).ConfigureAwait(false);
            var held = choice.Counted.Count(sight => until.ContainsKey(sight.Member));
            if (held < Needed || !until.TryGetValue(chosen, out var notAfter))
            {
                return Refuse(FailoverRefusal.LeaseNotHeld, held);
            }

            var promoted = await hand.UseAsync(
                (vote, token) => vote.TryPromoteAsync(notAfter, _policy.PromotionTimeout, token), _policy.PromotionTimeout + _policy.CheckTimeout, cancellationToken).ConfigureAwait(false);
            if (!promoted)
            {
                return Refuse(FailoverRefusal.PromotionTimedOut, held);
            }

            context.Tell(new FailoverRecord(_policy.Shard, FailoverStep.Promoted, chosen.Name)
            {
                Position = choice.Choice.Standing!.Received,
                Standbys = (held, _policy.Needed),
                MayHaveLost = choice.Counted.Count < _policy.Needed,
            });
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            context.Tell(FailoverStep.Failed, chosen, $"{FailoverStep.Promoted}: {FailoverContext.Reason(exception)}");
            return Refuse(FailoverRefusal.PromotionTimedOut, lease.Held.Count());
        }

        // Whom we still hold follows at once; all others when they are met.
        await new Mender(context).MendAsync(lease, chosen, cancellationToken).ConfigureAwait(false);
        return (FailoverRefusal.None, chosen);
    }

    private int Needed => _policy.AcceptLoss ? 1 : _policy.Needed;

    private async Task DetachAsync(HeldVote held, CancellationToken cancellationToken)
    {
        var (worked, _) = await context.TryAsync(
            token => held.UseAsync((vote, inner) => DoneAsync(vote.DetachAsync(inner)), token), FailoverStep.Detached, held.Member, cancellationToken).ConfigureAwait(false);
        if (worked)
        {
            context.Tell(FailoverStep.Detached, held.Member);
        }
    }

    private (FailoverRefusal Refusal, Member? Promoted) Refuse(PromotionChoice choice) => Refuse(choice.Refusal, choice.Counted.Count);

    private (FailoverRefusal Refusal, Member? Promoted) Refuse(FailoverRefusal refusal, int counted)
    {
        context.Tell(new FailoverRecord(_policy.Shard, FailoverStep.Refused) { Refusal = refusal, Standbys = (counted, _policy.Needed) });
        return (refusal, null);
    }

    private static async Task<bool> DoneAsync(Task work)
    {
        await work.ConfigureAwait(false);
        return true;
    }
}
