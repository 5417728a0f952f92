using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>
/// Trouble for replicas while a workload runs: each is paused, delayed and resumed over and over, one is killed and started again, and one
/// is cut off from the primary for a while. Seeded; the order of events between replicas is the machine's.
/// </summary>
/// <param name="world">Whose replicas.</param>
/// <param name="seed">The seed.</param>
/// <param name="longest">The longest pause.</param>
public sealed class ReplicaChaos(JudgedWorld world, int seed, TimeSpan longest) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private int _faults;
    private Task _running = Task.CompletedTask;

    public int Faults => Volatile.Read(ref _faults);

    public void Start() =>
        _running = Task.WhenAll(world.Replicas.Select((replica, index) => Task.Run(() => TroubleAsync(replica, index, new Random(seed + index)))));

    /// <summary>Ends the trouble; all replicas are well again and have caught up.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await world.CaughtUpAsync();
    }

    public void Dispose() => _stop.Dispose();

    private async Task TroubleAsync(LocalNode replica, int index, Random random)
    {
        for (var round = 0; !_stop.IsCancellationRequested; round++)
        {
            await WaitAsync(longest * (0.5 + (3 * random.NextDouble())));
            Interlocked.Increment(ref _faults);
            switch (round == 1 ? index : 3 + random.Next(2))
            {
                case 1:
                    await replica.KillAsync();
                    await WaitAsync(TimeSpan.FromMilliseconds(100));
                    await replica.StartAsync();
                    break;
                case 2:
                    world.Local.ReplicationLink(replica).Cut();
                    await WaitAsync(longest * 1.2);
                    world.Local.ReplicationLink(replica).Heal();
                    break;
                case 4:
                    await replica.DelayReplayAsync(longest * random.NextDouble() / 2);
                    await WaitAsync(longest);
                    await replica.DelayReplayAsync(TimeSpan.Zero);
                    break;
                default:
                    await replica.PauseReplayAsync();
                    await WaitAsync(longest * (0.2 + (0.8 * random.NextDouble())));
                    await replica.ResumeReplayAsync();
                    break;
            }
        }
    }

    private async Task WaitAsync(TimeSpan time) =>
        await Task.Delay(time, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
