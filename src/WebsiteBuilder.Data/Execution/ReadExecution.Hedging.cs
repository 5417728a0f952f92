using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The part that asks a second node when the first takes longer than usual.</summary>
internal sealed partial class ReadExecution<TOperation, TResult>
{
    /// <summary>The first good answer counts. Who is left is cancelled, and observed.</summary>
    private async ValueTask<ReadResult<TResult>?> HedgeAsync(ReadAttempt attempt, TimeSpan limit, TimeSpan after)
    {
        var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = AskAsync(attempt, limit, over.Token).AsTask();
        var second = (Task<AttemptOutcome>?)null;
        try
        {
            if (await IsLateAsync(first, after).ConfigureAwait(false) && Slice is var slice && slice > TimeSpan.Zero
                && engine.Hedging!.TryTake(engine, attempt, Request()) is { } plan)
            {
                second = AskAsync(new ReadAttempt(plan, attempt.Topology, attempt.Requirement, engine.Runtime.Now), slice, over.Token).AsTask();
            }

            if (second is null || await Task.WhenAny(first, second).ConfigureAwait(false) == first)
            {
                return Judge(await first.ConfigureAwait(false)) ?? (second is null ? null : await SecondAsync(second).ConfigureAwait(false));
            }

            if (await SecondAsync(second).ConfigureAwait(false) is { } answer)
            {
                attempt.NodeOf(engine).Vitals.TookLonger(engine.Runtime.Now - attempt.StartedAt);
                return answer;
            }

            return Judge(await first.ConfigureAwait(false));
        }
        finally
        {
            LetGo(first, second, over);
        }
    }

    private async ValueTask<bool> IsLateAsync(Task first, TimeSpan after)
    {
        await first.WaitAsync(TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds)), engine.Runtime.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !first.IsCompleted && !cancellationToken.IsCancellationRequested;
    }

    /// <summary>What the second node answered; null if that isn't good. Whatever goes wrong there is no concern of a read that the first may answer yet.</summary>
    private async ValueTask<ReadResult<TResult>?> SecondAsync(Task<AttemptOutcome> second)
    {
        _isRacing = true;
        try
        {
            return Judge(await second.ConfigureAwait(false));
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            _isRacing = false;
        }
    }

    private void LetGo(Task first, Task? second, CancellationTokenSource over)
    {
        var all = second is null ? first : Task.WhenAll(first, second);
        if (all.IsCompleted)
        {
            _ = all.Exception;
            over.Dispose();
        }
        else
        {
            engine.Runtime.LeaveBehind(all, over);
        }
    }

    /// <summary>How an attempt ended.</summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Read">Its answer; null without one.</param>
    /// <param name="Fault">Why there is none.</param>
    private readonly record struct AttemptOutcome(ReadAttempt Attempt, StoreRead<TResult>? Read, StoreFaultException? Fault);
}
