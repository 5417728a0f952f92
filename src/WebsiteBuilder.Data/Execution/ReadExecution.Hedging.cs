using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The part that asks a second node when the first takes longer than usual.</summary>
internal sealed partial class ReadExecution<TOperation, TResult>
{
    /// <summary>The first good answer counts. Who is left is cancelled, and observed.</summary>
    private async ValueTask<ReadResult<TResult>?> HedgeAsync(ReadAttempt attempt, TimeSpan after)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = AskAsync(attempt, over.Token).AsTask();
        var both = first as Task;
        try
        {
            if (!first.IsCompleted)
            {
                await engine.Runtime.PauseAsync(first, after, cancellationToken).ConfigureAwait(false);
            }

            if (first.IsCompleted || engine.Hedging!.TryTake(engine, attempt, Request()) is not { } plan)
            {
                return Judge(await first.ConfigureAwait(false));
            }

            var second = AskAsync(new ReadAttempt(plan, attempt.Topology, attempt.Requirement, engine.Runtime.Now), over.Token).AsTask();
            both = Task.WhenAll(first, second);
            var sooner = await Task.WhenAny(first, second).ConfigureAwait(false);
            if (Judge(await sooner.ConfigureAwait(false)) is { } answer)
            {
                attempt.NodeOf(engine).Vitals.TookLonger(sooner == first ? TimeSpan.Zero : engine.Runtime.Now - attempt.StartedAt);
                return answer;
            }

            return Judge(await (sooner == first ? second : first).ConfigureAwait(false));
        }
        finally
        {
            if (both.IsCompleted)
            {
                over.Dispose();
            }
            else
            {
                engine.Runtime.LeaveBehind(both, over);
            }
        }
    }

    /// <summary>How an attempt ended.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Read">Its answer; null without one.</param>
    /// <param name="Fault">Why there is none.</param>
    private readonly record struct AttemptOutcome(ReadAttempt Attempt, StoreRead<TResult>? Read, StoreFaultException? Fault);
}
