using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>The repository suite against real servers: two shards, a replica each.</summary>
public sealed class PostgresRepositoryConformance(PostgresRepositoryConformance.Tier tier)
    : RepositoryConformance<PostgresRepositoryConformance.Tier>(tier)
{
    public class Tier : IRepositoryFixture, IAsyncLifetime
    {
        private static readonly RegionId Local = RegionId.Parse("us-east-1");

        private LocalCluster? _cluster;
        private DataClient? _client;

        protected virtual ConnectionPooler Pooler => ConnectionPooler.None;

        public Territory Home { get; private set; }

        public Territory Neighbour { get; private set; }

        public Territory Abroad { get; private set; }

        public async Task InitializeAsync()
        {
            _cluster = await LocalCluster.StartAsync(
                ClusterTopology.Create(static topology => topology
                    .Cluster("home", "us-east-1", ["us-west-2"])
                    .Cluster("abroad", "eu-west-1", ["us-east-1"])),
                new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0, Pooler = Pooler });
            var options = _cluster.CreateDataOptions(Local);
            await DataClient.MigrateAsync(options);
            foreach (var shard in _cluster.Clusters)
            {
                await Sql.ExecuteAsync(shard.Primary.DirectConnectionString(), SampleMap.CreateTable);
            }

            options.Shards[0].Territories.Add("neighbour");
            Neighbour = Territory.Parse("neighbour");
            Home = Territory.Parse(options.Shards[0].Territories[0]);
            Abroad = Territory.Parse(options.Shards[1].Territories[0]);
            _client = DataClient.Create(options, static entities => entities.Add(UserMap.Map, UserMap.Policy).Add(SampleMap.Map));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
            await _client.WaitUntilReadyAsync(patience.Token);
        }

        /// <summary>One for all: pools take a while to warm up, and tests share nothing else.</summary>
        public Task<IDataClient> CreateClientAsync() => Task.FromResult<IDataClient>(_client!);

        public Task ReleaseClientAsync(IDataClient client) => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_client is not null)
            {
                await _client.DisposeAsync();
            }

            if (_cluster is not null)
            {
                await _cluster.DisposeAsync();
            }
        }
    }
}
