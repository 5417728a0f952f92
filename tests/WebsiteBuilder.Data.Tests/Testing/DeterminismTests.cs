using System.Text;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Testing;

/// <summary>A busy scenario: two clients, every kind of fault, promotions. Equal seeds give equal histories, byte for byte, on one thread.</summary>
public class DeterminismTests
{
    private static readonly TimeSpan Span = 40 * Second;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Equal_seeds_give_equal_histories(int seed)
    {
        var first = Scenario.Run(seed);

        Assert.True(first.Length > 10_000);
        Assert.Equal(first, Scenario.Run(seed));
    }

    [Fact]
    public void Other_seeds_give_other_histories() => Assert.NotEqual(Scenario.Run(1), Scenario.Run(2));

    private sealed class Scenario : IDisposable
    {
        private readonly World _world;
        private readonly Random _random;
        private readonly StringBuilder _trace = new();
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private int _keys;

        private Scenario(int seed)
        {
            _random = new Random(seed);
            _world = new World(seed, static shard => shard
                .AddNode("us", America).AddNode("eu", Europe).AddNode("ap", Asia).AddNode("us2", America).Holds("emea").Synchronous(1, "eu", "us2"));
        }

        public static string Run(int seed)
        {
            using var scenario = new Scenario(seed);
            return scenario.Run();
        }

        public void Dispose() => _world.Dispose();

        private string Run()
        {
            foreach (var node in _world.Shard.Nodes)
            {
                node.Odds.SetAll(0.05);
            }

            var clients = new[] { _world.Client(), _world.Client(America) };
            var end = _world.Time.Elapsed + Span;
            var workers = clients.SelectMany(client => Enumerable.Range(0, 3).Select(_ => Start(() => WorkAsync(client, end)))).ToArray();
            var trouble = Start(() => TroubleAsync(end));
            _world.Run(Task.WhenAll([.. workers, trouble]));
            _world.Cluster.Heal();
            foreach (var client in clients)
            {
                _world.DisposeOf(client);
            }

            // Whatever the network held has come to its end by then.
            _world.Time.Advance(_world.Cluster.Network.ConnectionLifetime + (20 * Second));
            Assert.Equal(0, _world.Time.TimerCount);
            foreach (var branch in _world.Shard.Branches)
            {
                _trace.AppendLine($"{branch.Ordinal} {branch.ForkedAt} {branch.Records.Count} {branch.End} {branch.Lost.Count} {branch.History?.Id}");
            }

            return _trace.ToString();
        }

        private Task Start(Func<Task> work)
        {
            var started = Task.CompletedTask;
            _world.Do(() => started = work());
            return started;
        }

        private async Task WorkAsync(DataClient client, TimeSpan end)
        {
            var session = client.OpenSession();
            while (_world.Time.Elapsed < end)
            {
                var users = World.Users(session);
                try
                {
                    if (_random.Next(3) == 0)
                    {
                        var written = await users.UpsertAsync(User(_random.Next(40)), new WriteOptions
                        {
                            Timeout = 2 * Second,
                            Durability = (WriteDurability)_random.Next(1, 6),
                        });
                        Note($"wrote {written.Region} {written.Version} {written.Reached}");
                    }
                    else
                    {
                        var read = await users.FindAsync(Key(_random.Next(40)), new ReadOptions
                        {
                            Timeout = 2 * Second,
                            Consistency = (ConsistencyLevel)_random.Next(1, 5),
                        });
                        Note($"read {read.Endpoint} {read.Value?.Version} {read.Age} {read.Reason}");
                    }
                }
                catch (DataTierException exception)
                {
                    Note($"{exception.GetType().Name} {exception.Disposition} {exception.Attempts}");
                    session = exception is SessionHistoryLostException or InvalidSessionTokenException ? client.OpenSession() : session;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 200)), _world.Time);
            }
        }

        private async Task TroubleAsync(TimeSpan end)
        {
            string[] regions = [America, Europe, Asia];
            while (_world.Time.Elapsed < end)
            {
                var node = _world.Shard.Nodes[_random.Next(4)];
                var (from, to) = (regions[_random.Next(3)], regions[_random.Next(3)]);
                var choice = _random.Next(14);
                Note($"trouble {choice} {node.Name} {from} {to}");
                switch (choice)
                {
                    case 0: _world.Cluster.Network.Cut(from, to); break;
                    case 1: _world.Cluster.Network.Isolate(from); break;
                    case 2: _world.Cluster.Network[from, to].Loss = 0.2; break;
                    case 3: _world.Cluster.Network[from, to].Reset = 0.2; break;
                    case 4: _world.Cluster.Network[from, to].Duplication = 0.5; break;
                    case 5: _world.Cluster.Network[from, to].Jitter = TimeSpan.FromMilliseconds(50); break;
                    case 6: node.Kill(); break;
                    case 7: node.Restart(); break;
                    case 8: node.Hang(); break;
                    case 9: node.Isolate(); break;
                    case 10: Note(_world.Shard.TryPromoteSafely(out var promoted, out var reason) ? promoted.Name : reason); break;
                    case 11 when node != _world.Shard.Primary: _world.Shard.Rejoin(node.Name); break;
                    case 12 when node is { IsUp: true, IsPrimary: false, IsComplete: true }: _world.Shard.Promote(node.Name); break;
                    case 13: _world.Cluster.Heal(); break;
                    default: _world.Cluster.Heal(); node.Restart(); break;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(100, 3_000)), _world.Time);
            }
        }

        private void Note(string what)
        {
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            _trace.AppendLine($"{++_keys} {_world.Time.Elapsed} {what}");
        }
    }
}
