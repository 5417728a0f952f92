using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Tests.Runtime;

public class SharedWaitTests
{
    [Fact]
    public async Task Waits_that_are_given_up_leave_nothing_behind()
    {
        const int Waits = 1_000;
        var shared = new TaskCompletionSource();

        var waits = await GiveUpAsync(shared.Task, Waits);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        // The last ones may still stand in a register or on a stack.
        Assert.InRange(waits.Count(static wait => wait.IsAlive), 0, 5);
        GC.KeepAlive(shared);
    }

    [Fact]
    public async Task It_ends_with_what_is_waited_for_even_if_that_failed()
    {
        var shared = new TaskCompletionSource();
        Task[] waits = [EngineRuntime.WaitAsync(shared.Task, CancellationToken.None), EngineRuntime.WaitAsync(shared.Task, CancellationToken.None)];
        Assert.DoesNotContain(waits, static wait => wait.IsCompleted);

        shared.SetException(new InvalidOperationException());

        await Task.WhenAll(waits);
        await EngineRuntime.WaitAsync(shared.Task, new CancellationToken(canceled: true));
    }

    [Fact]
    public async Task Giving_up_is_told()
    {
        using var stop = new CancellationTokenSource();
        var wait = EngineRuntime.WaitAsync(new TaskCompletionSource().Task, stop.Token);

        await stop.CancelAsync();

        var told = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.Equal(stop.Token, told.CancellationToken);
    }

    private static async Task<IReadOnlyList<WeakReference>> GiveUpAsync(Task shared, int times)
    {
        var waits = new List<WeakReference>();
        for (var i = 0; i < times; i++)
        {
            using var stop = new CancellationTokenSource();
            var wait = EngineRuntime.WaitAsync(shared, stop.Token);
            waits.Add(new WeakReference(wait));
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        }

        return waits;
    }
}
