using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests;

/// <summary>
/// One shard over three continents on virtual time: the primary <c>us</c>, a replica <c>eu</c> next to the client that tests use, and a replica
/// <c>ap</c>. All work runs on the test's thread, and only while <see cref="Run{T}(Task{T}, TimeSpan?)"/> or the clock runs.
/// </summary>
internal sealed class World : IDisposable
{
    public const string Europe = "eu-west-1";
    public const string America = "us-east-1";
    public const string Asia = "ap-south-1";

    /// <summary>Between Europe and America.</summary>
    public static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(80);

    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly Territory Home = Territory.Parse("emea");

    private readonly List<DataClient> _clients = [];
    private int _users;

    public World(int seed = 1, Action<SimulatedShard>? define = null)
    {
        Cluster = SimulatedCluster.OnOneThread(Time, seed)
            .RoundTrip(Europe, Europe, TimeSpan.FromMilliseconds(1))
            .RoundTrip(America, America, TimeSpan.FromMilliseconds(1))
            .RoundTrip(Asia, Asia, TimeSpan.FromMilliseconds(1))
            .RoundTrip(Europe, America, RoundTrip)
            .RoundTrip(Europe, Asia, TimeSpan.FromMilliseconds(120))
            .RoundTrip(America, Asia, TimeSpan.FromMilliseconds(200))
            .AddShard("emea", define ?? (static shard => shard.AddNode("us", America).AddNode("eu", Europe).AddNode("ap", Asia).Holds("emea")));
    }

    public ManualTimeProvider Time { get; } = new();

    public SimulatedCluster Cluster { get; }

    public SimulatedShard Shard => Cluster["emea"];

    public SimulatedNode Us => Shard["us"];

    public SimulatedNode Eu => Shard["eu"];

    public SimulatedNode Ap => Shard["ap"];

    public static UserKey Key(int number) => new(Home, new Guid(number, 0, 0, new byte[8]));

    public static User User(int number, string? email = null) => new()
    {
        Key = Key(number),
        Email = email ?? $"{number}@example.org",
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
    };

    public User NewUser() => User(++_users);

    /// <summary>A client whose first probes may still be under way.</summary>
    public DataClient StartClient(string region = Europe, Action<DataOptions>? configure = null)
    {
        var client = Cluster.CreateClient(RegionId.Parse(region), static entities => entities.Add(UserMap.Map, UserMap.Policy), configure);
        _clients.Add(client);
        return client;
    }

    /// <summary>A client that has met all nodes and sampled the primary's position for a while.</summary>
    public DataClient Client(string region = Europe, Action<DataOptions>? configure = null)
    {
        var client = StartClient(region, configure);
        Run(client.WaitUntilReadyAsync());
        Time.Advance(7 * Second);
        return client;
    }

    public IRepository<User, UserKey> Users(string region = Europe) => Users(Client(region).OpenSession());

    public static IRepository<User, UserKey> Users(IDataSession session) => session.Repository<User, UserKey>();

    public T Run<T>(Task<T> task, TimeSpan? limit = null) => Time.Run(task, limit);

    public T Run<T>(ValueTask<T> task, TimeSpan? limit = null) => Time.Run(task.AsTask(), limit);

    public void Run(Task task, TimeSpan? limit = null) => Time.Run(task, limit);

    /// <summary>What it threw, and how long it took.</summary>
    public (TException Thrown, TimeSpan After) Throws<TException>(Func<Task> operation)
        where TException : Exception
    {
        var start = Time.Elapsed;
        var thrown = Assert.Throws<TException>(() => Time.Run(operation()));
        return (thrown, Time.Elapsed - start);
    }

    /// <summary>What it took.</summary>
    public (T Result, TimeSpan After) Timed<T>(Func<ValueTask<T>> operation)
    {
        var start = Time.Elapsed;
        var result = Run(operation());
        return (result, Time.Elapsed - start);
    }

    /// <summary>Does something as an event of the world, without the test runner's context.</summary>
    public void Do(Action action)
    {
        Time.CreateTimer(_ => action(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Time.Advance(TimeSpan.Zero);
    }

    public void DisposeOf(DataClient client)
    {
        var disposed = Task.CompletedTask;
        Do(() => disposed = client.DisposeAsync().AsTask());
        Run(disposed);
    }

    /// <summary>Runs the world until something holds.</summary>
    public void Until(Func<bool> condition, TimeSpan? limit = null)
    {
        var end = Time.Elapsed + (limit ?? (60 * Second));
        while (!condition())
        {
            Assert.True(Time.Elapsed < end && Time.AdvanceToNextTimer(), "It didn't come true in time.");
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            DisposeOf(client);
        }
    }
}
