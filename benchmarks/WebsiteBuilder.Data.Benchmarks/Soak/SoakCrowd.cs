using System.Collections.Concurrent;
using System.Diagnostics;
using WebsiteBuilder.Data.Benchmarks.Contenders;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Soak;

/// <summary>
/// Workers that never pause: reads at all levels, one or many rows, and one time in ten an update. Each works in a session for a while, and then in another one that goes on with its
/// token, as requests do.
/// </summary>
internal sealed class SoakCrowd(DataClient client, int workers) : IDisposable
{
    private const int OperationsOfSession = 50;
    private const int KeysAtOnce = 16;
    private static readonly ConsistencyLevel[] Levels =
        [ConsistencyLevel.Eventual, ConsistencyLevel.Session, ConsistencyLevel.BoundedStaleness, ConsistencyLevel.Strong];

    private readonly CancellationTokenSource _goHome = new();
    private ConcurrentBag<double> _milliseconds = [];
    private long _operations;
    private long _failed;
    private int _waiting;
    private Exception? _firstFault;

    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>What went wrong first, if anything did.</summary>
    public Exception? FirstFault => Volatile.Read(ref _firstFault);

    /// <summary>Works until it is told to stop.</summary>
    public Task StartAsync() => Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(worker))));

    public Task StopAsync() => _goHome.CancelAsync();

    /// <summary>Operations and the reads' p99 since it was last asked, and who is at it now.</summary>
    public (long Operations, double P99, int Waiting) Take()
    {
        double[] taken = [.. Interlocked.Exchange(ref _milliseconds, [])];
        Array.Sort(taken);
        return (Interlocked.Exchange(ref _operations, 0), taken.Length == 0 ? 0 : taken[(int)Math.Ceiling(0.99 * taken.Length) - 1], Volatile.Read(ref _waiting));
    }

    public void Dispose() => _goHome.Dispose();

    private async Task WorkAsync(int worker)
    {
        var (random, keys, token) = (new Random(Seeds.Of(worker)), new Keys(worker), SessionToken.Empty);
        while (!_goHome.IsCancellationRequested)
        {
            var session = client.OpenSession(SessionToken.Parse(token.ToString()));
            for (var i = 0; i < OperationsOfSession && !_goHome.IsCancellationRequested; i++)
            {
                Interlocked.Increment(ref _waiting);
                try
                {
                    await OneAsync(session.Repository<Item, long>(), random, keys);
                    Interlocked.Increment(ref _operations);
                }
                catch (DataTierException exception)
                {
                    Interlocked.CompareExchange(ref _firstFault, exception, null);
                    Interlocked.Increment(ref _failed);
                }
                finally
                {
                    Interlocked.Decrement(ref _waiting);
                }
            }

            token = session.Token;
        }
    }

    private async Task OneAsync(IRepository<Item, long> items, Random random, Keys keys)
    {
        var kind = random.Next(20);
        if (kind < 2)
        {
            await items.UpdateAsync(new Item(keys.Next(), "name", "body"), cancellationToken: CancellationToken.None);
            return;
        }

        var startedAt = Stopwatch.GetTimestamp();
        var options = new ReadOptions { Consistency = Levels[random.Next(Levels.Length)] };
        if (kind == 2)
        {
            await items.FindManyAsync(keys.Next(KeysAtOnce), options, CancellationToken.None);
        }
        else
        {
            await items.FindAsync(keys.Next(), options, CancellationToken.None);
        }

        _milliseconds.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
    }
}
