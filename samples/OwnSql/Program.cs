using WebsiteBuilder.Data;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Samples.OwnSql;

// One shard: its primary in Virginia, a replica in São Paulo, where this program runs.
var home = RegionId.Parse("sa-east-1");
await using var cluster = await LocalCluster.StartAsync(
    ClusterTopology.Create(static topology => topology.Cluster("users", "us-east-1", ["sa-east-1"])), new LocalClusterOptions { InstallMissingServers = true });
var options = cluster.CreateDataOptions(home);
await DataClient.MigrateAsync(options);
await using var client = DataClient.Create(options, static entities => entities.Add(UserMap.Map, UserMap.Policy));
using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
await client.WaitUntilReadyAsync(patience.Token);

var territory = Territory.Parse(options.Shards[0].Territories[0]);
var key = new UserKey(territory, Guid.NewGuid());
await client.OpenSession().Repository<User, UserKey>().InsertAsync(
    new User { Key = key, Email = "ada@example.org", Username = "ada", CreatedAt = DateTimeOffset.UnixEpoch, UpdatedAt = DateTimeOffset.UnixEpoch });

var failed = false;
foreach (var (name, way) in new (string, Func<IDataSession, UserKey, string, Task<Seen>>)[]
{
    ("ADO.NET", AdoNet.RunAsync),
    ("Dapper", WithDapper.RunAsync),
    ("EF Core", WithEntityFramework.RunAsync),
})
{
    // Written at the primary, then read back by a connection that may go to the replica, as soon as that has the write.
    var session = client.OpenSession();
    var seen = await way(session, key, name);
    var agrees = seen.Status == name && (await session.Repository<User, UserKey>().FindAsync(key)).Value!.Status == name;
    failed |= !agrees;
    Console.WriteLine($"{name,-8} wrote at {seen.WrittenAt,-10} read back at {seen.ReadAt,-10} ({seen.Source}) {(agrees ? "and saw its own write" : "AND SAW SOMETHING ELSE")}");
}

return failed ? 1 : 0;
