using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Failover;

/// <summary>Watches the members, raises alarms, and starts a failover or a mending when it is time. One step at a time.</summary>
internal sealed class CoordinatorLoop(FailoverContext context, INodeMetrics? metrics, bool dryRun)
{
    private readonly FailoverPolicy _policy = context.Policy;
    private readonly Dictionary<string, CheckCount> _checks = context.Policy.Members.ToDictionary(
        static member => member.Name, _ => new CheckCount(context.Policy.FailuresToAct, context.Policy.SuccessesToReturn), StringComparer.Ordinal);

    private readonly Dictionary<string, IReadOnlyList<FailoverTrigger>> _raised = new(StringComparer.Ordinal);
    private readonly Turns _turns = new();
    private readonly Mender _mender = new(context);
    private readonly PositionSamples _samples = new(256);
    private string? _primary;
    private HistoryId _history;
    private bool _ruleDiffers;
    private int? _triesLeft;

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await context.Runtime.Delay(await _turns.TakeAsync(() => CheckAsync(cancellationToken)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.CoordinatorFailed(context.Logger, exception, _policy.Shard);
                await context.Runtime.Delay(_policy.RecheckInterval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Promotes at once, whether or not the settings promote by themselves; the checks before are the same.</summary>
    public Task<(FailoverRefusal Refusal, Member? Promoted)> PromoteNowAsync(CancellationToken cancellationToken) => _turns.TakeAsync(() =>
    {
        context.Told = null;
        return PromoteAsync(cancellationToken);
    });

    private async Task<(FailoverRefusal Refusal, Member? Promoted)> PromoteAsync(CancellationToken cancellationToken)
    {
        if (_ruleDiffers && !_policy.AcceptLoss)
        {
            return (Refuse(FailoverRefusal.RuleDiffers), null);
        }

        context.BegunAt = context.Runtime.Now;
        try
        {
            var outcome = await new FailoverRun(context).RunAsync(dryRun, cancellationToken).ConfigureAwait(false);
            if (outcome.Promoted is not null)
            {
                _triesLeft = _policy.ReconnectionTries;
            }

            return outcome;
        }
        finally
        {
            context.BegunAt = null;
        }
    }

    /// <summary>One check of all members, and what follows from it.</summary>
    /// <returns>When to check again.</returns>
    private async Task<TimeSpan> CheckAsync(CancellationToken cancellationToken)
    {
        var askedAt = context.Runtime.Now;
        var usage = UsageAsync(cancellationToken);
        var sights = await context.LookAsync(null, cancellationToken).ConfigureAwait(false);
        foreach (var sight in sights)
        {
            _checks[sight.Member.Name].Note(sight.Standing is not null);
        }

        var primary = PromotionRules.Primary(sights);
        Learn(primary, askedAt);
        Raise(sights, await usage.ConfigureAwait(false));
        if (primary is not null)
        {
            context.Told = _ruleDiffers ? context.Told : null;
            return await TendAsync(sights, cancellationToken).ConfigureAwait(false);
        }

        return await ReplaceAsync(sights, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>There is a primary: whoever has lost it is brought back.</summary>
    private async Task<TimeSpan> TendAsync(IReadOnlyList<Sight> sights, CancellationToken cancellationToken)
    {
        var allAreWell = sights.All(sight => sight.Standing is not null && !_checks[sight.Member.Name].IsFailing);
        if (!dryRun && _mender.IsNeeded(sights))
        {
            await _mender.MendAsync(null, null, cancellationToken).ConfigureAwait(false);
            sights = await context.LookAsync(null, cancellationToken).ConfigureAwait(false);
            allAreWell = sights.All(static sight => sight.Standing is not null) && !_mender.IsNeeded(sights);
        }

        if (allAreWell)
        {
            _triesLeft = null;
            return context.Runtime.Jitter(_policy.CheckInterval);
        }

        if (_triesLeft > 0)
        {
            _triesLeft--;
            return _policy.ReconnectionDelay;
        }

        foreach (var sight in _triesLeft is null ? [] : sights.Where(static sight => sight.Standing is null))
        {
            context.Tell(FailoverStep.GaveUp, sight.Member, "Not reached since the promotion.");
        }

        _triesLeft = null;
        return sights.Any(sight => _checks[sight.Member.Name] is { IsFailing: true, IsOut: false }) ? _policy.RecheckInterval : context.Runtime.Jitter(_policy.CheckInterval);
    }

    /// <summary>There is none in sight: it is replaced when it has been out of sight for long enough.</summary>
    private async Task<TimeSpan> ReplaceAsync(IReadOnlyList<Sight> sights, CancellationToken cancellationToken)
    {
        if (PromotionRules.Newest(sights) is null && sights.Any(static sight => sight.Standing?.History is not null))
        {
            Refuse(FailoverRefusal.Diverged);
            return context.Runtime.Jitter(_policy.RecheckInterval);
        }

        var known = sights.FirstOrDefault(sight => sight.Member.Name == _primary);
        var isOut = known is { Standing: null }
            ? _checks[known.Member.Name].IsOut
            : known?.Standing is not { IsPrimary: true } && sights.All(sight => sight.Standing is not null || _checks[sight.Member.Name].IsOut);
        if (!isOut)
        {
            return _policy.RecheckInterval;
        }

        if (!_policy.AutoPromote)
        {
            Refuse(FailoverRefusal.NotAutomatic);
        }
        else
        {
            await PromoteAsync(cancellationToken).ConfigureAwait(false);
        }

        return context.Runtime.Jitter(_policy.RecheckInterval);
    }

    private void Learn(Sight? primary, TimeSpan askedAt)
    {
        if (primary?.Standing is not { History: { } log } standing)
        {
            return;
        }

        if (log.Id != _history)
        {
            _samples.Enter(log.Id, log.SharedWith(_history) ?? 0);
        }

        (_primary, _history) = (primary.Member.Name, log.Id);
        _samples.Add(log.Id, askedAt, standing.Received ?? 0);
        var differs = standing.Rule?.Matches(_policy.RuleOf(primary.Member.Name)) != true;
        if (differs && !_ruleDiffers)
        {
            Refuse(FailoverRefusal.RuleDiffers);
        }

        _ruleDiffers = differs;
    }

    private void Raise(IReadOnlyList<Sight> sights, IReadOnlyDictionary<string, NodeUsage?> usage)
    {
        foreach (var sight in sights)
        {
            var name = sight.Member.Name;
            var raised = _policy.Triggers.Raised(_checks[name].IsOut, LagOf(sight), usage.GetValueOrDefault(name));
            context.Alarms[name] = raised.Count;
            if (!raised.SequenceEqual(_raised.GetValueOrDefault(name) ?? []))
            {
                _raised[name] = raised;
                context.Tell(new FailoverRecord(_policy.Shard, FailoverStep.TriggersChanged, name) { Triggers = raised });
            }
        }
    }

    /// <summary>How old a standby's data are at least: since the first sample that it hasn't replayed.</summary>
    private TimeSpan? LagOf(Sight sight) =>
        sight.Standing is { IsPrimary: false, Replayed: { } replayed } && _samples.ReachedAt(replayed + 1) is { } reached ? context.Runtime.Now - reached : null;

    private async Task<IReadOnlyDictionary<string, NodeUsage?>> UsageAsync(CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, NodeUsage?>(StringComparer.Ordinal);
        foreach (var (name, task) in metrics is null ? [] : _policy.Members.Select(member => (member.Name, ReadAsync(metrics, member.Name, cancellationToken))).ToArray())
        {
            read[name] = await task.ConfigureAwait(false);
        }

        return read;
    }

    private async Task<NodeUsage?> ReadAsync(INodeMetrics source, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await context.WithinAsync(_policy.CheckTimeout, async token => await source.ReadAsync(_policy.Shard, name, token).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.MetricsFailed(context.Logger, _policy.Shard, name, FailoverContext.Reason(exception));
            return null;
        }
    }

    private FailoverRefusal Refuse(FailoverRefusal refusal)
    {
        context.Tell(new FailoverRecord(_policy.Shard, FailoverStep.Refused) { Refusal = refusal });
        return refusal;
    }
}
