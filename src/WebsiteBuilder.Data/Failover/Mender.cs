namespace WebsiteBuilder.Data.Failover;

/// <summary>
/// Brings the nodes of a shard back to its one primary: fences primaries of histories that were left, attaches standbys, has those rewound that hold what the
/// primary never had. Each step looks anew, so that it may be broken off anywhere and be repeated by anybody.
/// </summary>
internal sealed class Mender(FailoverContext context)
{
    private readonly FailoverPolicy _policy = context.Policy;

    /// <summary>Whether anything is left that can be done.</summary>
    public bool IsNeeded(IReadOnlyList<Sight> sights) =>
        PromotionRules.Primary(sights) is { } primary
        && (primary.Standing!.IsFenced || sights.Any(sight => IsNeeded(primary, sight)));

    /// <summary>Whether a standby would, promoted right now, wait for those whom it must wait for, and take writes.</summary>
    public static bool IsPrepared(FailoverPolicy policy, Sight standby) =>
        standby.Standing is { IsFenced: false, Rule: { } rule } && rule.Matches(policy.RuleOf(standby.Member.Name));

    /// <summary>Mends what can be mended now.</summary>
    /// <param name="lease">Votes that are held already; null to take what is needed.</param>
    /// <param name="promoted">With them: the one that was promoted under these votes. Nobody else is followed.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task MendAsync(QuorumLease? lease, Member? promoted, CancellationToken cancellationToken)
    {
        var sights = await context.LookAsync(lease, cancellationToken).ConfigureAwait(false);
        if (PromotionRules.Primary(sights) is not { } primary || (promoted ?? primary.Member) != primary.Member)
        {
            return;
        }

        // Left over from a fence that came too late to matter.
        if (primary.Standing!.IsFenced)
        {
            await DoAsync(FailoverStep.Unfenced, primary.Member, token => context.NodeOf(primary.Member).UnfenceAsync(primary.Standing.History!.Id, token), cancellationToken)
                .ConfigureAwait(false);
        }

        foreach (var old in sights.Where(sight => sight.Standing is { IsPrimary: true, IsFenced: false } && PromotionRules.MendOf(primary, sight) == Mend.Rejoin))
        {
            await DoAsync(FailoverStep.Fenced, old.Member, token => context.NodeOf(old.Member).FenceAsync(old.Standing!.History!.Id, token), cancellationToken)
                .ConfigureAwait(false);
        }

        if (sights.Any(sight => NeedsVote(primary, sight)) && await WelcomeAsync(primary, cancellationToken).ConfigureAwait(false))
        {
            await AttachAsync(primary, sights, lease, promoted, cancellationToken).ConfigureAwait(false);
        }

        Sight[] lost = [.. sights.Where(sight => CanRejoin && PromotionRules.MendOf(primary, sight) == Mend.Rejoin)];
        if (lost.Length > 0 && lease is null && await WelcomeAsync(primary, cancellationToken).ConfigureAwait(false))
        {
            foreach (var sight in lost)
            {
                await RejoinAsync(primary, sight, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool CanRejoin => context.Operator is not null && _policy.AutoRejoin;

    private bool IsNeeded(Sight primary, Sight sight) => PromotionRules.MendOf(primary, sight) switch
    {
        Mend.Rejoin => CanRejoin || sight.Standing is { IsPrimary: true, IsFenced: false },
        _ => NeedsVote(primary, sight),
    };

    /// <summary>Attached, or prepared for the day on which it is promoted: then it takes no time.</summary>
    private bool NeedsVote(Sight primary, Sight sight) =>
        PromotionRules.MendOf(primary, sight) == Mend.Attach
        || (sight is { Member.Counts: true, Standing.IsPrimary: false } && PromotionRules.MendOf(primary, sight) == Mend.None && !IsPrepared(_policy, sight));

    private async Task<bool> WelcomeAsync(Sight primary, CancellationToken cancellationToken)
    {
        var (worked, _) = await context.TryAsync(
            async token =>
            {
                await context.NodeOf(primary.Member).WelcomeAsync(
                    [.. _policy.Members.Where(member => member != primary.Member).Select(static member => member.StandbyName)], token).ConfigureAwait(false);
                return true;
            },
            FailoverStep.Attached,
            primary.Member,
            cancellationToken).ConfigureAwait(false);
        return worked;
    }

    private async Task AttachAsync(Sight primary, IReadOnlyList<Sight> sights, QuorumLease? lease, Member? promoted, CancellationToken cancellationToken)
    {
        if (lease is not null)
        {
            await AttachHeldAsync(lease, promoted, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Those that are detached already, too: what became of them must be known.
        var own = await QuorumLease.TakeAsync(
            context,
            sights.Where(sight => NeedsVote(primary, sight) || sight.Standing is { IsPrimary: false, IsDetached: true }).Select(static sight => sight.Member),
            cancellationToken).ConfigureAwait(false);
        await using (own.ConfigureAwait(false))
        {
            await AttachHeldAsync(own, null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AttachHeldAsync(QuorumLease lease, Member? promoted, CancellationToken cancellationToken)
    {
        var sights = await context.LookAsync(lease, cancellationToken).ConfigureAwait(false);
        if (PromotionRules.Primary(sights) is not { } primary || (promoted ?? primary.Member) != primary.Member)
        {
            return;
        }

        foreach (var sight in sights.Where(sight => NeedsVote(primary, sight)))
        {
            if (lease.Of(sight.Member) is not { } held)
            {
                continue;
            }

            if (PromotionRules.MendOf(primary, sight) == Mend.None)
            {
                await PrepareAsync(held, sight.Member, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (!PromotionRules.MayAttach(_policy, primary, sight, sights, isOurs: promoted is not null))
            {
                context.Tell(FailoverStep.Failed, sight.Member, $"{FailoverStep.Attached}: {FailoverRefusal.PromotionUnclear}");
                continue;
            }

            await DoAsync(
                FailoverStep.Attached,
                sight.Member,
                async token =>
                {
                    var connection = await ConnectionAsync(sight.Member, primary.Member, token).ConfigureAwait(false);
                    return connection is not null && await held.UseAsync(
                        async (vote, inner) =>
                        {
                            await vote.AttachAsync(connection, sight.Member.StandbyName, inner).ConfigureAwait(false);
                            return true;
                        },
                        token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private Task PrepareAsync(HeldVote held, Member member, CancellationToken cancellationToken) => DoAsync(
        FailoverStep.Prepared,
        member,
        token => held.UseAsync(
            async (vote, inner) =>
            {
                await vote.PrepareAsync(_policy.RuleOf(member.Name), inner).ConfigureAwait(false);
                return true;
            },
            _policy.PromotionTimeout,
            token),
        cancellationToken);

    /// <summary>The log of the node is kept up to where it left the primary's; what comes after that is thrown away.</summary>
    private async Task RejoinAsync(Sight primary, Sight lost, CancellationToken cancellationToken)
    {
        var (shard, node, hands) = (_policy.Shard, lost.Member.Name, context.Operator!);
        try
        {
            await context.WithinAsync(
                _policy.PromotionTimeout,
                async token =>
                {
                    await context.NodeOf(primary.Member).CheckpointAsync(token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            if (await ConnectionAsync(lost.Member, primary.Member, cancellationToken).ConfigureAwait(false) is { } connection)
            {
                await hands.StopAsync(shard, node, cancellationToken).ConfigureAwait(false);
                await hands.RewindAsync(shard, node, primary.Member.Name, connection, lost.Member.StandbyName, cancellationToken).ConfigureAwait(false);
                await hands.StartAsync(shard, node, cancellationToken).ConfigureAwait(false);
                var kept = primary.Standing!.History!.SharedWith(lost.Standing!.History!.Id);
                context.Tell(new FailoverRecord(shard, FailoverStep.Rejoined, node)
                {
                    Position = kept,
                    Detail = lost.Standing.Received > kept ? $"{lost.Standing.Received - kept} bytes of log that only this node had are gone." : "",
                });
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            context.Tell(FailoverStep.Failed, lost.Member, $"{FailoverStep.Rejoined}: {FailoverContext.Reason(exception)}");
        }
    }

    private async Task<string?> ConnectionAsync(Member standby, Member upstream, CancellationToken cancellationToken)
    {
        var connection = context.Operator is { } hands
            ? await hands.ConnectionAsync(_policy.Shard, standby.Name, upstream.Name, cancellationToken).ConfigureAwait(false)
            : null;
        connection ??= upstream.Connection;
        if (connection.Length > 0)
        {
            return $"{connection} application_name={standby.StandbyName}";
        }

        context.Tell(FailoverStep.Failed, standby, $"{FailoverStep.Attached}: how to reach {upstream.Name} isn't known.");
        return null;
    }

    private async Task DoAsync(FailoverStep step, Member member, Func<CancellationToken, Task<bool>> work, CancellationToken cancellationToken)
    {
        var (worked, done) = await context.TryAsync(work, step, member, cancellationToken).ConfigureAwait(false);
        if (worked && done)
        {
            context.Tell(step, member);
        }
    }
}
