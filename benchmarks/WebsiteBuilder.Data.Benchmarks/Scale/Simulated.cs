using System.Diagnostics;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>Whole reads through the real client at simulated servers without distances: what the engine costs, with monitors for all nodes at work.</summary>
internal static class Simulated
{
    private const string Ground = "simulated servers";
    private const string Home = "eu-west-1";
    private const int Rounds = 15;
    private const int ReadsOfRound = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<IReadOnlyList<Curve>> MeasureAsync(CancellationToken cancellationToken) =>
    [
        await CurveAsync("read-nodes", "eventual read, shards of up to 10 nodes", "nodes in all", [3, 30, 150, 600], static nodes => (Math.Max(1, nodes / 10), Math.Min(nodes, 10)), cancellationToken),
        await CurveAsync("read-shards", "eventual read, shards of 3 nodes", "shards", [16, 64, 256, 1_024], static shards => (shards, 3), cancellationToken),
    ];

    /// <summary>Bytes that a client keeps for a node that is watched, its share of its shard included; the servers' own not.</summary>
    public static async Task<double> BytesOfNodeAsync(CancellationToken cancellationToken)
    {
        const int Shards = 60;
        var cluster = Cluster(Shards, 10);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var client = await ClientAsync(cluster, Shards * 10, cancellationToken);
        return (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / (Shards * 10);
    }

    private static async Task<Curve> CurveAsync(
        string name, string title, string axis, int[] steps, Func<int, (int Shards, int NodesOfEach)> shape, CancellationToken cancellationToken)
    {
        var points = new List<CurvePoint>();
        foreach (var step in steps)
        {
            var (shards, nodes) = shape(step);
            points.Add(new CurvePoint(step, await ReadAsync(shards, nodes, cancellationToken)));
        }

        return new Curve(name, title, axis, "ns", Ground, 0.25, points);
    }

    private static async Task<double> ReadAsync(int shards, int nodes, CancellationToken cancellationToken)
    {
        await using var client = await ClientAsync(Cluster(shards, nodes), shards * nodes, cancellationToken);
        var users = client.OpenSession().Repository<User, UserKey>();
        var keys = Enumerable.Range(0, shards).Select(static i => new UserKey(Territory.Parse($"territory-{i}"), new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))).ToArray();
        var options = new ReadOptions { Consistency = ConsistencyLevel.Eventual };
        var next = 0;
        var rounds = new double[Rounds];
        for (var round = -3; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var startedAt = Stopwatch.GetTimestamp();
            for (var i = 0; i < ReadsOfRound; i++)
            {
                await users.FindAsync(keys[next++ % keys.Length], options, cancellationToken);
            }

            if (round >= 0)
            {
                rounds[round] = Stopwatch.GetElapsedTime(startedAt).TotalNanoseconds / ReadsOfRound;
            }
        }

        return rounds.Min();
    }

    private static SimulatedCluster Cluster(int shards, int nodes)
    {
        var cluster = new SimulatedCluster();
        for (var i = 0; i < shards; i++)
        {
            var number = i;
            cluster.AddShard($"shard-{number}", shard =>
            {
                for (var node = 0; node < nodes; node++)
                {
                    shard.AddNode($"node-{node}", Home);
                }

                shard.Holds($"territory-{number}");
            });
        }

        return cluster;
    }

    /// <summary>A client that has met all nodes.</summary>
    private static async Task<DataClient> ClientAsync(SimulatedCluster cluster, int nodes, CancellationToken cancellationToken)
    {
        var client = cluster.CreateClient(RegionId.Parse(Home), static entities => entities.Add(UserMap.Map, UserMap.Policy));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await client.WaitUntilReadyAsync(patience.Token);
        while (client.Topology.Shards.Sum(static shard => shard.Endpoints.Count(static endpoint => endpoint.Health == EndpointHealth.Healthy)) < nodes)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), patience.Token);
        }

        return client;
    }
}
