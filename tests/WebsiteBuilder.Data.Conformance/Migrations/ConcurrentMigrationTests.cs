using System.Collections.Concurrent;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Migrations;

/// <summary>Migrations by processes that start together, and by ones that end in the middle.</summary>
public sealed class ConcurrentMigrationTests : IAsyncLifetime
{
    private const string Applied = "SELECT string_agg(name, ' ' ORDER BY version) FROM wbd.migration";
    private const string WaitingFor = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'wbd_app' AND wait_event_type = 'Lock' AND wait_event ";

    private LocalCluster _cluster = null!;

    private LocalNode Primary => _cluster.Clusters[0].Primary;

    public async Task InitializeAsync() => _cluster = await LocalCluster.StartAsync(
        ClusterTopology.Create(static topology => topology.Cluster("shard", "us-east-1")), new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });

    public Task DisposeAsync() => _cluster.DisposeAsync().AsTask();

    [Fact]
    public async Task Of_processes_that_start_together_each_step_is_applied_by_one()
    {
        var runs = Enumerable.Range(0, 4).Select(_ => new Run(Options())).ToArray();

        await Task.WhenAll(runs.Select(static run => run.Task));

        var steps = runs.SelectMany(static run => run.Steps).ToArray();
        Assert.NotEmpty(steps);
        Assert.Equal(steps.Distinct(), steps);
        Assert.Equal(await AppliedAsync(), string.Join(' ', steps.Order(StringComparer.Ordinal).Select(static step => step["shard: ".Length..])));
    }

    [Fact]
    public async Task A_step_that_came_out_later_than_one_of_a_higher_number_is_applied_too()
    {
        await new Run(Options()).Task;
        var all = await AppliedAsync();
        await Sql.ExecuteAsync(Primary.DirectConnectionString(), "DROP FUNCTION wbd.require_applied; DELETE FROM wbd.migration WHERE version = 4");

        var run = new Run(Options());
        await run.Task;

        Assert.Equal("shard: 0004_unit_of_work", Assert.Single(run.Steps));
        Assert.Equal(all, await AppliedAsync());
    }

    [Fact]
    public async Task Who_is_killed_in_the_middle_leaves_whole_steps_and_the_next_one_goes_on()
    {
        await using var obstacle = await Sql.OpenAsync(Primary.DirectConnectionString());
        await using var transaction = await obstacle.BeginTransactionAsync();
        await obstacle.ScalarAsync<object>("CREATE TABLE users (in_the_way int)");
        var killed = new Run(Options());
        await WaitAsync("<> 'advisory'", "the first run is stopped in the step that makes the table");
        var next = new Run(Options());
        await WaitAsync("= 'advisory'", "the second run waits for the first");

        await Sql.ExecuteAsync(
            Primary.AdminConnectionString(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'wbd_app' AND wait_event <> 'advisory' AND wait_event_type = 'Lock'");
        var failure = await Assert.ThrowsAsync<StoreFailureException>(() => killed.Task);
        await WaitAsync("<> 'advisory'", "the second run is where the first was");
        await transaction.RollbackAsync();
        await next.Task;

        Assert.Equal("57P01", failure.Code);
        Assert.Equal(["shard: 0001_wbd"], killed.Steps);
        Assert.Equal("shard: 0002_users", next.Steps.First());
        Assert.StartsWith("0001_wbd 0002_users", await AppliedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_cancelled_in_the_middle_lets_the_next_one_go_on()
    {
        await using var obstacle = await Sql.OpenAsync(Primary.DirectConnectionString());
        await using var transaction = await obstacle.BeginTransactionAsync();
        await obstacle.ScalarAsync<object>("CREATE TABLE users (in_the_way int)");
        using var cancellation = new CancellationTokenSource();
        var cancelled = new Run(Options(), cancellation.Token);
        await WaitAsync("<> 'advisory'", "the run is stopped in the step that makes the table");

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Task);
        await transaction.RollbackAsync();
        var next = new Run(Options());
        await next.Task;

        Assert.Equal("shard: 0002_users", next.Steps.First());
    }

    [Fact]
    public async Task Waiting_for_another_run_takes_as_long_as_that_run_takes()
    {
        await using var other = await Sql.OpenAsync(Primary.DirectConnectionString());
        await other.ScalarAsync<object>("SELECT pg_advisory_lock(x'776264'::int)");
        var run = new Run(Options(";Command Timeout=1"));
        await Eventually.TrueAsync(
            async () => run.Task.IsCompleted || await Sql.ScalarAsync<bool>(
                Primary.AdminConnectionString(),
                "SELECT coalesce(max(clock_timestamp() - query_start) > '1.5 s', false) FROM pg_stat_activity WHERE wait_event = 'advisory'"),
            because: "the run has waited for longer than its commands may take");

        Assert.False(run.Task.IsFaulted, run.Task.Exception?.ToString());
        await other.ScalarAsync<object>("SELECT pg_advisory_unlock(x'776264'::int)");
        await run.Task;
        Assert.NotEmpty(run.Steps);
    }

    private DataOptions Options(string more = "")
    {
        var options = _cluster.CreateDataOptions(Primary.Region);
        options.Shards[0].Endpoints[0].ConnectionString += more;
        return options;
    }

    private Task WaitAsync(string waitEvent, string because) => Eventually.TrueAsync(
        async () => await Sql.ScalarAsync<long>(Primary.AdminConnectionString(), WaitingFor + waitEvent) == 1, because: because);

    private async Task<string?> AppliedAsync() => await Sql.ScalarAsync<string>(Primary.DirectConnectionString(), Applied);

    /// <summary>One process that migrates.</summary>
    private sealed class Run : IProgress<string>
    {
        private readonly ConcurrentQueue<string> _steps = new();

        public Run(DataOptions options, CancellationToken cancellationToken = default) =>
            Task = System.Threading.Tasks.Task.Run(() => DataClient.MigrateAsync(options, this, cancellationToken), CancellationToken.None);

        public Task Task { get; }

        public IEnumerable<string> Steps => _steps;

        public void Report(string value) => _steps.Enqueue(value);
    }
}
