using System.Collections.Concurrent;
using Spectre.Console;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>The primary of a region is killed while sessions read and write. A coordinator promotes a standby; the table shows what callers felt.</summary>
internal static class KilledPrimary
{
    private const int Sessions = 16;
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        var site = stage.Sites[^1];
        var shard = stage.Cluster[site.Territory.ToString()];
        var primary = shard.Primary;
        var time = report.Time;
        var audit = new Audit(time);
        var workload = new Workload(site, new ReadOptions { Consistency = ConsistencyLevel.Session }, time);
        screen.Chapter(
            "8. A primary dies under load",
            $"Commits of {shard.Name} wait for one of three standbys from now on, and a coordinator in {site.Region} watches. {Sessions} sessions at work; {primary.Name} gets a kill -9.");
        await report.ChapterAsync("8. failover", () => screen.WorkAsync("Sessions at work", async inPassing =>
        {
            var steps = new Steps(screen, time, inPassing);
            steps.Begin("Standbys acknowledge, a coordinator prepares them");
            await using var coordinator = await CoordinateAsync(stage, shard, site.Region, audit, cancellationToken);
            using var goHome = new CancellationTokenSource();
            var running = workload.RunAsync(Sessions, goHome.Token, cancellationToken);
            await time.UntilAsync(() => audit.Count(FailoverStep.Prepared) == shard.Nodes.Count - 1, Patience, "standbys are prepared", cancellationToken);
            steps.Begin("Calm");
            await Task.Delay(Calm, time, cancellationToken);

            steps.Begin("Killed, until somebody is promoted");
            var killedAt = time.GetTimestamp();
            await primary.KillAsync(cancellationToken);
            await time.UntilAsync(() => audit.Count(FailoverStep.Promoted) > 0, Patience, "somebody is promoted", cancellationToken);
            var promotedAt = audit.At(FailoverStep.Promoted);
            steps.Begin("Promoted, until the first write");
            await time.UntilAsync(() => workload.Journal.FirstWriteOf(promotedAt) is not null, Patience, "a write is acknowledged", cancellationToken);
            var firstWriteAt = workload.Journal.FirstWriteOf(promotedAt)!.Value;
            steps.Begin("Calm again");
            await Task.Delay(Calm, time, cancellationToken);
            await goHome.CancelAsync();
            await running;
            steps.Begin("The old primary starts, is rewound, and follows");
            await primary.StartAsync(cancellationToken);
            await time.UntilAsync(() => audit.Count(FailoverStep.Rejoined) > 0, Patience, $"{primary.Name} follows", cancellationToken);
            steps.End();

            Tell(screen, workload.Journal, killedAt, firstWriteAt);
            Judge(report, workload.Journal, time.GetElapsedTime(killedAt, promotedAt), time.GetElapsedTime(promotedAt, firstWriteAt), killedAt, firstWriteAt);
        }));
    }

    private static async Task<FailoverCoordinator> CoordinateAsync(
        Stage stage, PostgresCluster shard, RegionId from, Audit audit, CancellationToken cancellationToken)
    {
        await shard.GrantCoordinatorAsync(cancellationToken);
        await shard.Primary.SetSynchronousStandbysAsync($"ANY 1 ({string.Join(", ", shard.Replicas.Select(static node => node.ApplicationName))})", cancellationToken);
        var coordinator = FailoverCoordinator.Create(
            Settings.From(stage.Cluster, from), stage.Cluster.CreateFailoverOptions(from, shard.Name, requiredAcknowledgements: 1), stage.Cluster.Operator, audit: audit);
        coordinator.Start();
        return coordinator;
    }

    private static void Tell(Screen screen, Journal journal, long killedAt, long firstWriteAt)
    {
        var table = Screen.Table("what callers felt", ">reads", ">p50", ">p95", ">max", ">writes", ">p50", ">max");
        Row("before the kill", static at => at.Before);
        Row("begun without a primary", static at => at.Without);
        Row("begun after the first write", static at => at.After);
        screen.Show(table);
        foreach (var failure in journal.Failures.GroupBy(static failure => $"{failure.GetType().Name}, {failure.Disposition}"))
        {
            screen.Line($"{failure.Count()} x {failure.Key}: {failure.First().Message}");
        }

        void Row(string when, Func<(bool Before, bool Without, bool After), bool> which)
        {
            var (reads, writes) = (journal.Sum(read => Passes(read.StartedAt)), journal.SumWrites(write => Passes(write.StartedAt)));
            table.AddRow(
                when, $"{reads.Count}", Words.Of(reads.Median), Words.Of(reads.P95), Words.Of(reads.Max), $"{writes.Count}", Words.Of(writes.Median), Words.Of(writes.Max));

            bool Passes(long at) => which((at < killedAt, at >= killedAt && at < firstWriteAt, at >= firstWriteAt));
        }
    }

    private static void Judge(Report report, Journal journal, TimeSpan promotion, TimeSpan beyond, long killedAt, long firstWriteAt)
    {
        var inDoubt = journal.Failures.Count(static failure => failure is AmbiguousWriteException);
        var reads = journal.Sum(read => read.StartedAt >= killedAt && read.StartedAt < firstWriteAt);
        report.Check("failover-failed-reads", "session reads that failed", journal.FailedReads, "", "0", journal.FailedReads == 0);
        report.Check("failover-failed-writes", "writes that failed, those in doubt apart", journal.FailedWrites - inDoubt, "", "0", journal.FailedWrites == inDoubt);
        report.Add("failover-in-doubt", "writes that were on their way to the primary when it died, and are told as in doubt", inDoubt, "");
        report.Check("failover-violations", "answers that broke a session's guarantees, lost writes included", journal.Violations, "", "0", journal.Violations == 0);
        report.Add("failover-promoted", "kill -9 until a standby is promoted", promotion.TotalMilliseconds, "ms");
        report.Check(
            "failover-first-write", "promoted until the first write is acknowledged", beyond.TotalMilliseconds, "ms", "< 3 s", beyond < TimeSpan.FromSeconds(3));
        report.Add("failover-felt-p95", "p95 of reads begun without a primary", reads.P95.TotalMilliseconds, "ms");
        report.Add("failover-felt-max", "the slowest of them", reads.Max.TotalMilliseconds, "ms");
    }

    /// <summary>What the coordinator did, and when by the tour's clock.</summary>
    private sealed class Audit(TimeProvider time) : IProgress<FailoverRecord>
    {
        private readonly ConcurrentQueue<(long At, FailoverStep Step)> _steps = new();

        public void Report(FailoverRecord value) => _steps.Enqueue((time.GetTimestamp(), value.Step));

        public int Count(FailoverStep step) => _steps.Count(done => done.Step == step);

        public long At(FailoverStep step) => _steps.First(done => done.Step == step).At;
    }
}
