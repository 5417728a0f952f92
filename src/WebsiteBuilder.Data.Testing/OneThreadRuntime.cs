using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// The engine's seams on one thread: background work, completions and cancellations become events of the clock, so whoever advances it runs
/// all of the engine, in an order that the seed decides.
/// </summary>
internal sealed class OneThreadRuntime(ManualTimeProvider time, Random random) : EngineRuntime(time, random)
{
    public override TaskCompletionSource NewCompletion() => new();

    public override void Complete(TaskCompletionSource completion) => Post(static state => ((TaskCompletionSource)state!).TrySetResult(), completion);

    public override bool WaitersGoOnElsewhere => false;

    public override void Complete(Action<object?> completion, object state) =>
        Post(static state => { var (completion, of) = ((Action<object?>, object))state!; completion(of); }, (completion, state));

    public override Task YieldAsync()
    {
        var turn = new TaskCompletionSource();
        Complete(turn);
        return turn.Task;
    }

    public override async Task Start(Func<Task> work)
    {
        var begin = new TaskCompletionSource();
        Complete(begin);
        await begin.Task.ConfigureAwait(false);
        await work().ConfigureAwait(false);
    }

    public override Task CancelAsync(CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }

    public override Task CancelWorkAsync(CancellationTokenSource source) => CancelAsync(source);

    // What becomes ready at one instant runs in an order of the seed's.
    private void Post(TimerCallback callback, object state) => time.Post(callback, state, NextRandom(2 * ManualTimeProvider.UsualRank));
}
