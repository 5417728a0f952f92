using System.Collections.Concurrent;
using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>
/// Asks each node directly, without links and without the library, over and over. A node that has no fault and doesn't answer in the time of an attempt says that the machine was too busy for
/// anybody.
/// </summary>
internal sealed class ChaosControl : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ChaosWorld _world;
    private readonly ConcurrentQueue<(LocalNode Node, TimeSpan From, TimeSpan To)> _slow = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _asking;

    public ChaosControl(ChaosWorld world)
    {
        _world = world;
        _asking = Task.WhenAll(world.Shard.Nodes.Select(node => Task.Run(() => AskAsync(node))));
    }

    /// <summary>When a node other than these was slow to answer.</summary>
    public IReadOnlyList<(TimeSpan From, TimeSpan To)> Starved(IReadOnlyCollection<LocalNode> but) =>
        [.. _slow.Where(slow => !but.Contains(slow.Node)).Select(static slow => (slow.From, slow.To))];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _asking;
        _stop.Dispose();
    }

    private async Task AskAsync(LocalNode node)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(node.DirectConnectionString()) { MaxPoolSize = 1 });
        while (!_stop.IsCancellationRequested)
        {
            var from = _world.Clock.Now;
            try
            {
                await using var command = source.CreateCommand("SELECT 1");
                await command.ExecuteScalarAsync(_stop.Token);
            }
            catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
            {
                // Nodes come and go.
            }

            if (_world.Clock.Now is var to && to - from > Limit)
            {
                _slow.Enqueue((node, from, to));
            }

            await Task.Delay(Pause, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
