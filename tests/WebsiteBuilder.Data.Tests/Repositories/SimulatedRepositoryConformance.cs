using WebsiteBuilder.Data.Conformance;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Repositories;

public sealed class SimulatedRepositoryConformance(SimulatedRepositoryConformance.Tier tier)
    : RepositoryConformance<SimulatedRepositoryConformance.Tier>(tier)
{
    /// <summary>Two shards with a replica each. There is no distance and no delay, so the clock may stand still.</summary>
    public sealed class Tier : IRepositoryFixture
    {
        private readonly SimulatedCluster _cluster = new SimulatedCluster(new ManualTimeProvider())
            .AddShard("emea", static shard => shard.AddNode("emea-a", "eu-west-1").AddNode("emea-b", "us-east-1").Holds("emea", "mena"))
            .AddShard("americas", static shard => shard.AddNode("americas-a", "us-east-1").AddNode("americas-b", "eu-west-1").Holds("americas"));

        public Tier()
        {
            // A write at Off would wait for the clock to reach the replicas.
            foreach (var node in _cluster.Shards.SelectMany(static shard => shard.Nodes))
            {
                node.FlushDelay = TimeSpan.Zero;
            }
        }

        public Territory Home { get; } = Territory.Parse("emea");

        public Territory Neighbour { get; } = Territory.Parse("mena");

        public Territory Abroad { get; } = Territory.Parse("americas");

        public async Task<IDataClient> CreateClientAsync()
        {
            var client = _cluster.CreateClient(RegionId.Parse("eu-west-1"), static entities => entities.Add(UserMap.Map, UserMap.Policy).Add(SampleMap.Map));
            await client.WaitUntilReadyAsync();
            return client;
        }

        public async Task ReleaseClientAsync(IDataClient client) => await client.DisposeAsync();
    }
}
