using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Failover;

/// <summary>Watches one shard for a while, as a coordinator's checks do.</summary>
internal sealed class DrillWatch(FailoverContext context)
{
    private const int Looks = 20;

    /// <param name="span">How long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<DrillSight> RunAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        var runtime = context.Runtime;
        var samples = new PositionSamples(Looks + 1);
        var (first, history) = ((At: TimeSpan.Zero, Commits: (long?)null), default(HistoryId));
        for (var look = 0; ; look++)
        {
            var askedAt = runtime.Now;
            var sights = await context.LookAsync(null, cancellationToken).ConfigureAwait(false);
            var primary = PromotionRules.Primary(sights)?.Standing;
            if (primary is { History: { } log, Received: { } position })
            {
                if (log.Id != history)
                {
                    samples.Enter(log.Id, 0);
                    (history, first) = (log.Id, (askedAt, primary.Committed));
                }

                samples.Add(log.Id, askedAt, position);
            }

            if (look == Looks)
            {
                var rate = primary?.Committed - first.Commits is { } commits && askedAt > first.At ? Math.Max(0, commits) / (askedAt - first.At).TotalSeconds : (double?)null;
                return new DrillSight(sights, samples, askedAt, runtime.Now - askedAt, rate);
            }

            await runtime.Delay(span / Looks, cancellationToken).ConfigureAwait(false);
        }
    }
}
