using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// One call to a primary that can be left without harm. It is left when its time is up, and as soon as another node is primary: a frozen one
/// may never answer.
/// </summary>
internal static class PrimaryCall
{
    /// <exception cref="TimeoutException">The time is up, or another node is primary.</exception>
    public static async Task<T> RunAsync<T, TState>(
        ShardEngine engine, ShardTopology topology, TimeSpan limit, TState state, Func<TState, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var call = engine.Runtime.WithinAsync(limit, state, work, leave.Token);
        if (!call.IsCompleted)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var superseded = SupersededAsync(engine, topology, over.Token);
            await Task.WhenAny(call, superseded).ConfigureAwait(false);
            await engine.Runtime.CancelAsync(over).ConfigureAwait(false);
            await superseded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!call.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                engine.Runtime.LeaveBehind(call, leave);
                throw new TimeoutException("Another node is primary.");
            }
        }

        try
        {
            return await call.ConfigureAwait(false);
        }
        finally
        {
            leave.Dispose();
        }
    }

    private static async Task SupersededAsync(ShardEngine engine, ShardTopology topology, CancellationToken cancellationToken)
    {
        while (true)
        {
            var replaced = engine.Board.ReplacedOf(engine.Shard.Index);
            var current = engine.Topology;
            if (current.IsWritable && (current.Primary != topology.Primary || current.History!.Id != topology.History!.Id))
            {
                return;
            }

            await Runtime.EngineRuntime.WaitAsync(replaced, cancellationToken).ConfigureAwait(false);
        }
    }
}
