using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Sweeps old operation rows at one shard's primary, in the background and in small steps. All clients try now and then; the store lets one of
/// them sweep at a time, and not more often than it need be.
/// </summary>
internal sealed class OperationSweeper(LiveShard shard, Topology.TopologyBoard board, EngineRuntime runtime, TimeSpan stepTimeout, ILogger logger) : IAsyncDisposable
{
    /// <summary>
    /// A write goes on asking for an hour at most, so two leave a late arrival an hour behind the last question. Keys are kept for as long as
    /// people try again.
    /// </summary>
    public static readonly OperationRetention Retention = new(TimeSpan.FromHours(2), TimeSpan.FromHours(24), BetweenRounds: TimeSpan.FromMinutes(10));

    private static readonly TimeSpan BetweenSteps = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = runtime.Start(LoopAsync);

    public async ValueTask DisposeAsync()
    {
        await runtime.CancelAsync(_stop).ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        while (true)
        {
            await runtime.Delay(runtime.Jitter(Retention.BetweenRounds), _stop.Token).ConfigureAwait(false);
            try
            {
                while (await StepAsync().ConfigureAwait(false))
                {
                    await runtime.Delay(runtime.Jitter(BetweenSteps), _stop.Token).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                // What wasn't swept waits for the next round.
                Log.SweepFailed(logger, shard.Definition.Name, (exception as StoreFaultException)?.Code ?? exception.GetType().Name);
            }
        }
    }

    private async Task<bool> StepAsync()
    {
        var topology = board[shard.Index];
        return topology.IsWritable && shard.Nodes[topology.Primary].Store is IOperationStore store
            && await runtime.WithinAsync(
                stepTimeout, store, static (store, token) => store.SweepAsync(Retention, token), _stop.Token).ConfigureAwait(false);
    }
}
