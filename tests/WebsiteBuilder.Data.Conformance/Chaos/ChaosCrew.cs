using System.Collections.Concurrent;
using WebsiteBuilder.Data.Conformance.Sessions;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>
/// Thirty-two workers in three processes that read at all levels and write, each at a durability of its own, until they are told to stop. Each has one session at a
/// time, which travels from process to process as text, and goes on with what remains when it is told of a loss.
/// </summary>
internal sealed class ChaosCrew(ChaosWorld world, int seed) : IDisposable
{
    public const int Workers = 32;

    private static readonly TimeSpan Thinking = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private static readonly WriteDurability[] Durabilities =
    [
        WriteDurability.RemoteApply, WriteDurability.Local, WriteDurability.RemoteFlush, WriteDurability.RemoteApply,
        WriteDurability.RemoteWrite, WriteDurability.RemoteApply, WriteDurability.Local, WriteDurability.Off,
    ];

    private readonly ConcurrentQueue<ChaosCall> _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private volatile bool _isHealed;
    private int _sessions;
    private int _acknowledged;
    private long _values;

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public void Start() => _running = Task.WhenAll(Enumerable.Range(0, Workers).Select(number => Task.Run(() => new Worker(this, number).RunAsync())));

    /// <summary>Waits until so many more writes are acknowledged.</summary>
    public async Task AcknowledgeAsync(int more, TimeSpan within)
    {
        var goal = Acknowledged + more;
        await Eventually.TrueAsync(() => Task.FromResult(Acknowledged >= goal), within, () => $"{more} more writes are acknowledged, {string.Join(", ", LastFailures())}; {world}");
    }

    public bool Any(Func<ChaosCall, bool> which) => _calls.Any(which);

    /// <summary>Lets every session read once more, now that all is mended, and returns all calls in the order of their completion.</summary>
    public async Task<IReadOnlyList<ChaosCall>> StopAsync()
    {
        _isHealed = true;
        await _stop.CancelAsync();
        await _running;
        return [.. _calls.OrderBy(static call => call.Completed)];
    }

    public void Dispose() => _stop.Dispose();

    private IEnumerable<string> LastFailures() =>
        _calls.Where(static call => call.Error is not null).TakeLast(200).GroupBy(static call => call.Outcome).Select(static group => $"{group.Count()} {group.Key}");

    private sealed class Worker
    {
        private readonly ChaosCrew _crew;
        private readonly ChaosWorld _world;
        private readonly Random _random;
        private readonly WriteOptions _writes;
        private int _number;
        private int _process;
        private IDataSession _session;

        public Worker(ChaosCrew crew, int number)
        {
            _crew = crew;
            _world = crew.World;
            _random = new Random((crew.Seed * 1_000) + number);
            _writes = new WriteOptions { Durability = Durabilities[number % Durabilities.Length], Timeout = Patience };
            _process = number % _world.Clients.Count;
            _number = Interlocked.Increment(ref crew._sessions) - 1;
            _session = _world.Clients[_process].OpenSession();
        }

        public async Task RunAsync()
        {
            while (!_crew._stop.IsCancellationRequested)
            {
                await StepAsync();
                await Task.Delay(Thinking * (0.5 + _random.NextDouble()), TimeProvider.System);
            }

            await ReadAsync([_random.Next(ChaosWorld.Keys)], ConsistencyLevel.Session, isHealed: true);
            await WriteAsync(_random.Next(ChaosWorld.Keys), null, isHealed: true);
            await ReadAsync([_random.Next(ChaosWorld.Keys)], ConsistencyLevel.Eventual, isHealed: true);
        }

        private async Task StepAsync()
        {
            var key = _random.Next(ChaosWorld.Keys);
            switch (_random.Next(100))
            {
                case < 40:
                    await WriteAsync(key, null);
                    break;
                case < 52:
                    if (await ReadAsync([key], ConsistencyLevel.Session) is { } row)
                    {
                        await WriteAsync(key, row);
                    }

                    break;
                case < 62:
                    await ReadAsync([key], ConsistencyLevel.Eventual);
                    break;
                case < 82:
                    await ReadAsync([key], ConsistencyLevel.Session);
                    break;
                case < 87:
                    await ReadAsync([.. Enumerable.Range(0, 5).Select(_ => _random.Next(ChaosWorld.Keys)).Distinct()], ConsistencyLevel.Session);
                    break;
                case < 92:
                    await ReadAsync([key], ConsistencyLevel.BoundedStaleness);
                    break;
                case < 97:
                    await ReadAsync([key], ConsistencyLevel.Strong);
                    break;
                default:
                    GoOn(_random.Next(_world.Clients.Count), _session.Token);
                    break;
            }
        }

        private void GoOn(int process, SessionToken token) =>
            (_process, _session) = (process, _world.Clients[process].OpenSession(SessionToken.Parse(token.ToString())));

        private async Task<ChaosRow?> ReadAsync(int[] keys, ConsistencyLevel level, bool isHealed = false)
        {
            var options = new ReadOptions { Consistency = level, MaxStaleness = level == ConsistencyLevel.BoundedStaleness ? Bound : null, Timeout = Patience };
            var call = Begin(OperationKind.Read, keys) with { Level = level, MaxStaleness = options.MaxStaleness, IsHealed = isHealed && _crew._isHealed };
            var arrival = ArrivalClock.Watch();
            try
            {
                var rows = _session.Repository<ChaosRow, long>();
                ReadResult<IReadOnlyList<ChaosRow>> answer;
                if (keys.Length == 1)
                {
                    var one = await rows.FindAsync(keys[0], options);
                    answer = new(one.Value is { } row ? [row] : [], one.Region, one.Source, one.Age, one.Reason) { Endpoint = one.Endpoint };
                }
                else
                {
                    answer = await rows.FindManyAsync([.. keys.Select(static key => (long)key)], options);
                }

                var values = answer.Value.ToDictionary(static row => row.Id, static row => row.Value);
                End(call with
                {
                    Arrived = _world.Clock.ArrivalOf(arrival),
                    Values = [.. keys.Select(key => values.TryGetValue(key, out var value) ? value : (long?)null)],
                    Endpoint = answer.Endpoint,
                    Age = answer.Age,
                });
                return answer.Value is [var first, ..] ? first : null;
            }
            catch (Exception error)
            {
                Fail(call, error);
                return null;
            }
        }

        private async Task WriteAsync(int key, ChaosRow? known, bool isHealed = false)
        {
            var value = Interlocked.Increment(ref _crew._values);
            var call = Begin(OperationKind.Write, [key]) with { Values = [value], Asked = _writes.Durability!.Value, IsHealed = isHealed && _crew._isHealed };
            try
            {
                var rows = _session.Repository<ChaosRow, long>();
                var result = known is null
                    ? await rows.UpsertAsync(new ChaosRow(key, value), _writes)
                    : await rows.UpdateAsync(known with { Value = value }, known.Version, _writes);
                Interlocked.Increment(ref _crew._acknowledged);
                End(call with { Reached = result.Reached });
            }
            catch (Exception error)
            {
                Fail(call, error);
            }
        }

        private ChaosCall Begin(OperationKind kind, IReadOnlyList<int> keys) =>
            new() { Session = _number, Process = _process, Kind = kind, Keys = keys, Invoked = _world.Clock.Now, Before = _session.Token };

        private void End(ChaosCall call) => _crew._calls.Enqueue(call with { Completed = _world.Clock.Now, After = _session.Token });

        private void Fail(ChaosCall call, Exception error)
        {
            End(call with { Error = error });
            switch (error)
            {
                case SessionHistoryLostException lost:
                    GoOn(_process, lost.Remaining);
                    End(Begin(OperationKind.Forget, []));
                    break;
                case InvalidSessionTokenException:
                    _number = Interlocked.Increment(ref _crew._sessions) - 1;
                    _session = _world.Clients[_process].OpenSession();
                    break;
            }
        }
    }

    private ChaosWorld World => world;

    private int Seed => seed;
}
