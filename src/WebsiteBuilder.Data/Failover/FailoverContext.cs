using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Failover;

/// <summary>What all parts of a coordinator share: its policy, its nodes, and how it asks and tells.</summary>
internal sealed class FailoverContext(
    FailoverPolicy policy, IReadOnlyList<IFailoverNode> nodes, EngineRuntime runtime, ILogger logger, IProgress<FailoverRecord>? audit, INodeOperator? nodeOperator)
{
    public FailoverPolicy Policy { get; } = policy;

    public EngineRuntime Runtime { get; } = runtime;

    public ILogger Logger { get; } = logger;

    public INodeOperator? Operator { get; } = nodeOperator;

    /// <summary>When the failover that is on its way began.</summary>
    public TimeSpan? BegunAt { get; set; }

    /// <summary>The last refusal that was told, so that it isn't told with each check; null to tell the next one in any case.</summary>
    public (FailoverRefusal Refusal, int? Counted)? Told { get; set; }

    /// <summary>How many alarms each member has raised.</summary>
    public Dictionary<string, int> Alarms { get; } = new(StringComparer.Ordinal);

    public IFailoverNode NodeOf(Member member) => nodes.First(node => node.Name == member.Name);

    /// <summary>Writes a line of the audit log.</summary>
    public void Tell(FailoverRecord record)
    {
        if (record.Step == FailoverStep.Refused)
        {
            var told = (record.Refusal, record.Standbys?.Counted);
            if (Told == told)
            {
                return;
            }

            Told = told;
        }

        record = record with
        {
            At = Runtime.Time.GetUtcNow(),
            Elapsed = BegunAt is { } begun ? Runtime.Now - begun : null,
        };
        switch (record.Step)
        {
            case FailoverStep.Refused:
                Log.FailoverRefused(Logger, record.Shard, $"{record.Refusal}", record.Standbys?.Counted ?? 0, record.Standbys?.Needed ?? 0, record.Detail);
                break;
            case FailoverStep.TriggersChanged:
                Log.TriggersChanged(Logger, record.Shard, record.Node, string.Join(", ", record.Triggers));
                break;
            case FailoverStep.Failed or FailoverStep.GaveUp:
                Log.FailoverFailed(Logger, record.Shard, $"{record.Step}", record.Node, record.Detail);
                break;
            default:
                Log.FailoverStepDone(Logger, record.Shard, $"{record.Step}", record.Node, record.Position ?? 0, record.MayHaveLost);
                break;
        }

        audit?.Report(record);
    }

    public void Tell(FailoverStep step, Member? member = null, string detail = "", ulong? position = null) =>
        Tell(new FailoverRecord(Policy.Shard, step, member?.Name ?? "") { Detail = detail, Position = position });

    /// <summary>Runs something at a node, within the limit for one check.</summary>
    /// <returns>Whether it worked; what it returned.</returns>
    public async Task<(bool Worked, T? Value)> TryAsync<T>(
        Func<CancellationToken, Task<T>> work, FailoverStep step, Member member, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await WithinAsync(Policy.CheckTimeout, work, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Tell(FailoverStep.Failed, member, $"{step}: {Reason(exception)}");
            return (false, default);
        }
    }

    public Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        Runtime.WithinAsync(limit, work, static (run, token) => run(token), cancellationToken);

    /// <summary>Asks every member at once: those that we hold on the session that holds them.</summary>
    public async Task<IReadOnlyList<Sight>> LookAsync(QuorumLease? lease, CancellationToken cancellationToken) =>
        await Task.WhenAll(Policy.Members.Select(member => LookAsync(member, lease, cancellationToken))).ConfigureAwait(false);

    // Messages of drivers name hosts; kinds don't.
    public static string Reason(Exception exception) => exception switch
    {
        StoreFaultException { Code: { } code } fault => $"{fault.Kind} ({code})",
        StoreFaultException fault => fault.Kind.ToString(),
        TimeoutException => "no answer in time",
        _ => exception.GetType().Name,
    };

    private async Task<Sight> LookAsync(Member member, QuorumLease? lease, CancellationToken cancellationToken)
    {
        var alarms = Alarms.GetValueOrDefault(member.Name);
        try
        {
            if (lease?.Of(member) is { } held)
            {
                var known = await held.UseAsync(static (vote, token) => vote.ObserveAsync(token), cancellationToken).ConfigureAwait(false);
                held.WasDetached ??= known.IsDetached;
                return new Sight(member, known) { IsHeld = !held.IsLost, WasDetached = held.WasDetached.Value, Alarms = alarms };
            }

            var standing = await WithinAsync(Policy.CheckTimeout, NodeOf(member).ObserveAsync, cancellationToken).ConfigureAwait(false);
            return new Sight(member, standing) { Alarms = alarms };
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.ProbeFailed(Logger, Policy.Shard, member.Name, Reason(exception));
            return new Sight(member, null) { Alarms = alarms };
        }
    }
}
