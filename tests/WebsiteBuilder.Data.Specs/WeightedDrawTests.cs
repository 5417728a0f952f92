using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Specs.Published;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Specs;

/// <summary>Which share of the draws falls to which weight.</summary>
public class WeightedDrawTests
{
    private const int Draws = 100_000;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 2, 3, 4)]
    [InlineData(100, 1)]
    [InlineData(100, 100, 100)]
    public void Idle_nodes_get_their_weight_s_share(params int[] weights)
    {
        var counts = Count(Shard(weights), weights.Length);

        for (var i = 0; i < weights.Length; i++)
        {
            Assert.Equal(weights[i] / (double)weights.Sum(), counts[i] / (double)Draws, 0.01);
        }
    }

    [Fact]
    public void Under_load_nodes_hold_operations_in_proportion_to_their_weights()
    {
        int[] weights = [4, 2, 1, 1];
        var shard = Shard(weights);
        var random = new Random(4);
        var running = new Queue<int>();
        for (var i = 0; i < Draws; i++)
        {
            var chosen = WeightedDraw.Pick(shard, [0, 1, 2, 3], (uint)random.Next());
            shard.Nodes[chosen].Vitals.Began();
            running.Enqueue(chosen);
            if (running.Count > 80)
            {
                shard.Nodes[running.Dequeue()].Vitals.Ended();
            }
        }

        Assert.Equal([40, 20, 10, 10], weights.Select((_, i) => (int)Math.Round(shard.Nodes[i].Vitals.InFlight / 5.0) * 5).ToArray());
    }

    [Fact]
    public void Of_members_only()
    {
        var shard = Shard([9, 1, 9, 1, 9]);
        var counts = new int[5];
        var random = new Random(5);
        for (var i = 0; i < Draws; i++)
        {
            counts[WeightedDraw.Pick(shard, [1, 3], (uint)random.Next())]++;
        }

        Assert.Equal(0, counts[0] + counts[2] + counts[4]);
        Assert.InRange(counts[1], Draws * 0.49, Draws * 0.51);
    }

    [Fact]
    public void Planning_allocates_nothing_with_weights_labels_and_roles_either()
    {
        var shard = Shard([3, 1, 0, 1, 2, 1, 1, 1, 1]);
        var topology = new ShardTopology(
            shard.Definition, ShardState.Writable, null, 0, [EndpointRole.Primary, .. Enumerable.Repeat(EndpointRole.Replica, 8)], [.. Enumerable.Repeat(EndpointHealth.Healthy, 9)]);
        var policy = new RoutePolicy(RegionId.Parse("eu"), TimeSpan.FromMilliseconds(15));
        var request = new RouteRequest(
            ConsistencyLevel.Eventual, default, default, default, Nodes: NodePreference.ReplicasFirst, Labels: LabelPreference.First(("for", "reports")).ElseAny());
        RoutePlanner.Plan(policy, shard, topology, request, default, TimeSpan.Zero, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var count = 0;
        for (var i = 0u; i < 1_000; i++)
        {
            count += RoutePlanner.Plan(policy, shard, topology, request, default, TimeSpan.Zero, i).Count;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(4_000, count);
    }

    private static int[] Count(LiveShard shard, int members)
    {
        var counts = new int[members];
        var random = new Random(6);
        var all = Enumerable.Range(0, members).ToArray();
        for (var i = 0; i < Draws; i++)
        {
            counts[WeightedDraw.Pick(shard, all, (uint)random.Next())]++;
        }

        return counts;
    }

    private static LiveShard Shard(int[] weights)
    {
        var definitions = weights.Select(static (weight, i) => new EndpointDefinition(i, $"node-{i}", RegionId.Parse("eu")) { Weight = weight }).ToArray();
        return new LiveShard(
            0,
            new ShardDefinition(new ShardId(StoreKind.PostgreSql, 1), "one", [], definitions),
            [.. definitions.Select(static definition => new ShardNode(definition, null!, new EndpointVitals(PublishedCase.Health)))]);
    }
}
