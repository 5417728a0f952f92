using WebsiteBuilder.Data.Clusters;

// Owns a local cluster until it is killed, or until its standard input ends.
// Argument: "seeds", or the name of the only cluster, which has a primary and a replica.
var topology = args[0] == "seeds"
    ? ClusterTopology.Seeds
    : ClusterTopology.Create(b => b.Cluster(args[0], primary: "us-east-1", replicas: ["us-west-2"]));
await using var cluster = await LocalCluster.StartAsync(topology, new LocalClusterOptions { InstallMissingServers = true });
Console.WriteLine($"{cluster.DirectoryPath}\t{cluster.SupervisorProcessId}");
foreach (var (step, duration) in cluster.Timings)
    Console.WriteLine($"{step}\t{duration.TotalSeconds:0.00} s");
while (await Console.In.ReadLineAsync() is not null)
{
}
