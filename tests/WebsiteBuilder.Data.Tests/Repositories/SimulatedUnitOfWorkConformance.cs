using WebsiteBuilder.Data.Conformance;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Repositories;

public sealed class SimulatedUnitOfWorkConformance(SimulatedUnitOfWorkConformance.Tier tier)
    : UnitOfWorkConformance<SimulatedUnitOfWorkConformance.Tier>(tier)
{
    /// <summary>As <see cref="SimulatedRepositoryConformance.Tier"/>, but on a clock that goes on: who was contradicted pauses before the next run.</summary>
    public sealed class Tier : IRepositoryFixture
    {
        private readonly SimulatedCluster _cluster = new SimulatedCluster()
            .AddShard("emea", static shard => shard.AddNode("emea-a", "eu-west-1").AddNode("emea-b", "us-east-1").Holds("emea", "mena"))
            .AddShard("americas", static shard => shard.AddNode("americas-a", "us-east-1").AddNode("americas-b", "eu-west-1").Holds("americas"));

        public Territory Home { get; } = Territory.Parse("emea");

        public Territory Neighbour { get; } = Territory.Parse("mena");

        public Territory Abroad { get; } = Territory.Parse("americas");

        public async Task<IDataClient> CreateClientAsync()
        {
            var client = _cluster.CreateClient(RegionId.Parse("eu-west-1"), static entities => entities.Add(UserMap.Map, UserMap.Policy));
            await client.WaitUntilReadyAsync();
            return client;
        }

        public async Task ReleaseClientAsync(IDataClient client) => await client.DisposeAsync();
    }
}
