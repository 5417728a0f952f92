using Spectre.Console;

namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>A local replica is killed while sessions are at work, and started again. Nobody gets an error.</summary>
internal static class KilledReplica
{
    private const int Sessions = 16;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        var site = stage.Sites[^1];
        var node = site.LocalReplica;
        var time = report.Time;
        var workload = new Workload(site, new ReadOptions { Consistency = ConsistencyLevel.Session }, time);
        screen.Chapter(
            "6. A replica dies under load",
            $"{Sessions} sessions at work in {site.Region}; {node.Name} gets a kill -9, stays away for a while, and is started again.");
        await report.ChapterAsync("6. killed", () => screen.WorkAsync("Sessions at work", async inPassing =>
        {
            using var goHome = new CancellationTokenSource();
            var running = workload.RunAsync(Sessions, goHome.Token, cancellationToken);
            var steps = new Steps(screen, time, inPassing);
            steps.Begin("Calm");
            await Task.Delay(Calm, time, cancellationToken);

            steps.Begin("Killed, until out of rotation");
            var killedAt = time.GetTimestamp();
            var dying = node.KillAsync(cancellationToken);
            await time.UntilAsync(() => site.LocalReplicaHealth == EndpointHealth.Unhealthy, Patience, $"{node.Name} out of rotation", cancellationToken);
            var left = time.GetElapsedTime(killedAt);
            await dying;
            steps.Begin("Away");
            await Task.Delay(Calm, time, cancellationToken);

            steps.Begin("The server starts");
            await node.StartAsync(cancellationToken);
            steps.Begin("Started, until back in rotation");
            var back = await time.UntilAsync(() => site.LocalReplicaHealth == EndpointHealth.Healthy, Patience, $"{node.Name} in rotation", cancellationToken);
            var backAt = time.GetTimestamp();
            steps.Begin("Calm again");
            await Task.Delay(Calm, time, cancellationToken);
            steps.End();

            await goHome.CancelAsync();
            await running;
            Tell(screen, workload, killedAt, backAt);
            Judge(report, workload, left, back, workload.Journal.Sum(read => read.StartedAt >= killedAt && read.StartedAt < backAt));
        }));
    }

    private static void Tell(Screen screen, Workload workload, long killedAt, long backAt)
    {
        var table = Screen.Table("session reads", ">count", ">p50", ">p95", ">max", ">local");
        Row("before", workload.Journal.Sum(read => read.StartedAt < killedAt));
        Row("from the kill until back in rotation", workload.Journal.Sum(read => read.StartedAt >= killedAt && read.StartedAt < backAt));
        Row("after", workload.Journal.Sum(read => read.StartedAt >= backAt));
        screen.Show(table);
        foreach (var failure in workload.Journal.Failures.Take(3))
        {
            screen.Line($"Failed: {failure.GetType().Name} in {failure.Operation}: {failure.Message}");
        }

        void Row(string when, Tally tally) => table.AddRow(
            when, $"{tally.Count}", Words.Of(tally.Median), Words.Of(tally.P95), Words.Of(tally.Max), Words.Percent(tally.LocalPercent));
    }

    private static void Judge(Report report, Workload workload, TimeSpan left, TimeSpan back, Tally during)
    {
        var journal = workload.Journal;
        report.Check("killed-failed-reads", "reads that failed", journal.FailedReads, "", "0", journal.FailedReads == 0);
        report.Check("killed-failed-writes", "writes that failed", journal.FailedWrites, "", "0", journal.FailedWrites == 0);
        report.Check("killed-violations", "answers that broke a session's guarantees", journal.Violations, "", "0", journal.Violations == 0);
        report.Check(
            "killed-left-rotation", "kill -9 until out of rotation", left.TotalMilliseconds, "ms", "<= 300 ms", left <= TimeSpan.FromMilliseconds(300));
        report.Add("killed-felt-p95", "p95 of reads while it was gone", during.P95.TotalMilliseconds, "ms");
        report.Add("killed-felt-max", "the slowest of them", during.Max.TotalMilliseconds, "ms");
        report.Check("killed-back", "started until back in rotation", back.TotalSeconds, "s", "< 10 s", back < TimeSpan.FromSeconds(10));
    }
}
