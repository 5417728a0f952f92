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
        while (!call.IsCompleted)
        {
            var replaced = engine.Board.ReplacedOf(engine.Shard.Index);
            if (IsSuperseded(topology, engine.Topology) && !cancellationToken.IsCancellationRequested)
            {
                engine.Runtime.LeaveBehind(call, leave);
                throw new TimeoutException("Another node is primary.");
            }

            // Of the two, the one that didn't complete is let go of.
            await Task.WhenAny(call, replaced).ConfigureAwait(false);
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

    private static bool IsSuperseded(ShardTopology since, ShardTopology current) =>
        current.IsWritable && (current.Primary != since.Primary || current.History!.Id != since.History!.Id);
}
