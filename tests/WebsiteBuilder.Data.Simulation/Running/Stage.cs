using WebsiteBuilder.Data.Simulation.Worlds;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>A world that is up: virtual time, its cluster, and a client process in each region.</summary>
internal sealed class Stage
{
    private Stage(World world, ManualTimeProvider time, SimulatedCluster cluster)
    {
        World = world;
        Time = time;
        Cluster = cluster;
        Territories = [.. cluster.Shards.Select(static shard => Territory.Parse(shard.Name))];
    }

    public World World { get; }

    public ManualTimeProvider Time { get; }

    public SimulatedCluster Cluster { get; }

    public IReadOnlyList<Territory> Territories { get; }

    public IReadOnlyList<DataClient> Processes { get; private set; } = [];

    public TimeSpan Now => Time.Elapsed;

    /// <summary>How soon callers leave right now; null if they stay.</summary>
    public Impatience? Impatience { get; set; }

    /// <summary>The coordinators; none in most worlds.</summary>
    public Coordination Coordination { get; private set; } = null!;

    public static Stage Raise(World world, int seed)
    {
        var time = new ManualTimeProvider();
        var cluster = SimulatedCluster.OnOneThread(time, seed);
        world.Build(cluster);
        var stage = new Stage(world, time, cluster);
        stage.Processes = [.. world.Regions.Select(region =>
            cluster.CreateClient(RegionId.Parse(region), static entities => entities.Add(Item.Map), world.Configure))];
        foreach (var process in stage.Processes)
        {
            time.Run(process.WaitUntilReadyAsync());
        }

        stage.Coordination = new Coordination(stage);
        stage.At(stage.Now, stage.Coordination.Start);
        return stage;
    }

    public int ShardOf(int key) => key % Territories.Count;

    public int NumberOf(ItemKey key) => ((int)key.Id * Territories.Count) + Enumerable.Range(0, Territories.Count).First(i => Territories[i] == key.Territory);

    public ItemKey KeyOf(int key) => new(Territories[ShardOf(key)], key / Territories.Count);

    /// <summary>Does something as an event of the world, at a time or now.</summary>
    public void At(TimeSpan moment, Action action)
    {
        var due = moment - Now;
        Time.CreateTimer(static state => ((Action)state!)(), action, due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes the processes down, and says how many timers they left.</summary>
    public int Strike()
    {
        var gone = new List<Task>();
        At(Now, () =>
        {
            foreach (var process in Processes)
            {
                gone.Add(process.DisposeAsync().AsTask());
            }

            gone.AddRange(Coordination.Stop());
        });
        Time.Advance(TimeSpan.Zero);
        Time.Run(Task.WhenAll(gone));

        // What was sent is carried out although nobody waits for it any more; after a connection's lifetime nothing of that is left.
        Time.Advance(TimeSpan.FromMinutes(5));
        return Time.TimerCount;
    }
}
