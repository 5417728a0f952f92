using System.Diagnostics;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>Nothing outlives its owner, whatever happens to the owner.</summary>
public sealed class OrphanTests
{
    private static readonly LocalClusterOptions Installing = new() { InstallMissingServers = true };
    private static readonly ClusterTopology Tiny = ClusterTopology.Create(b => b.Cluster("tiny", primary: "us-east-1", replicas: ["us-west-2"]));

    [Fact]
    public async Task A_killed_owner_leaves_neither_processes_nor_files_nor_shared_memory()
    {
        var shared = Leftovers.SharedMemory();
        using var owner = await OwnerProgram.StartAsync("orphans");
        // The check must be able to see something: a postmaster and its children, twice, and a segment each.
        Assert.True(Leftovers.Processes(owner.ClusterDirectory).Count > 10);
        Assert.True(Leftovers.SharedMemory().Count >= shared.Count + 2);

        await owner.KillAsync();

        await GoneAsync(owner.ClusterDirectory);
        Assert.Subset(shared.ToHashSet(StringComparer.Ordinal), Leftovers.SharedMemory().ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Disposing_takes_down_frozen_and_killed_servers_too()
    {
        var shared = Leftovers.SharedMemory();
        string directory;
        await using (var local = await LocalCluster.StartAsync(Tiny, Installing))
        {
            directory = local.DirectoryPath;
            var (first, second) = (local["tiny"].Primary, local.Node("tiny-us-west-2"));
            await first.KillAsync();
            await second.PromoteAsync();
            // The files of a killed server go away here, and with them the name of its shared memory.
            await first.RejoinAsync(second);
            await first.KillAsync();
            await second.FreezeAsync();
        }

        Assert.Empty(Leftovers.Processes(directory));
        Assert.False(Directory.Exists(directory));
        Assert.Subset(shared.ToHashSet(StringComparer.Ordinal), Leftovers.SharedMemory().ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_next_start_sweeps_what_a_killed_supervisor_left_and_nothing_that_lives()
    {
        var shared = Leftovers.SharedMemory();
        await using var neighbour = await LocalCluster.StartAsync(Tiny, Installing);
        using var owner = await OwnerProgram.StartAsync("swept");
        using (var supervisor = Process.GetProcessById(owner.SupervisorProcessId))
            supervisor.Kill();
        await owner.KillAsync();
        // Two postmasters and what they need at all times; replication ended with the links.
        Assert.True(Leftovers.Processes(owner.ClusterDirectory).Count >= 8);

        await using (await LocalCluster.StartAsync(Tiny, Installing))
        {
            await GoneAsync(owner.ClusterDirectory);
        }

        Assert.All(neighbour.Nodes, node => Assert.True(node.IsRunning));
        Assert.Equal(1, await Sql.ScalarAsync<int>(neighbour["tiny"].Primary.DirectConnectionString(), "SELECT 1"));
        await neighbour.DisposeAsync();
        Assert.Subset(shared.ToHashSet(StringComparer.Ordinal), Leftovers.SharedMemory().ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_owner_whose_supervisor_was_killed_still_takes_everything_down()
    {
        string directory;
        await using (var local = await LocalCluster.StartAsync(Tiny, Installing))
        {
            directory = local.DirectoryPath;
            using var supervisor = Process.GetProcessById(local.SupervisorProcessId);
            supervisor.Kill();
        }

        Assert.Empty(Leftovers.Processes(directory));
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing()
    {
        using var place = new TemporaryDirectory();
        using var cancellation = new CancellationTokenSource();
        var options = new LocalClusterOptions
        {
            InstallMissingServers = true,
            BaseDirectory = place.Path,
            Progress = step =>
            {
                if (step == "Start servers") cancellation.Cancel();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => LocalCluster.StartAsync(Tiny, options, cancellation.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(place.Path));
        Assert.Empty(Leftovers.Processes(place.Path));
    }

    private static Task GoneAsync(string directory) => Eventually.TrueAsync(
        () => !Directory.Exists(directory) && Leftovers.Processes(directory).Count == 0, because: "processes and directory are gone");
}
