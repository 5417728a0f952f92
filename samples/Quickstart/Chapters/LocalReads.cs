using Spectre.Console;

namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>The same sessions once as the library runs them, and once as a careful application without it would: always at the primary.</summary>
internal static class LocalReads
{
    private const int Sessions = 8;
    private const double WantedRatio = 20;
    private const double WantedShare = 90;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(12);
    private static readonly ReadOptions Session = new() { Consistency = ConsistencyLevel.Session };
    private static readonly ReadOptions AlwaysPrimary = new() { Consistency = ConsistencyLevel.Strong };

    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        screen.Chapter(
            "3. Reads stay local, and sessions still see what they did",
            $"Per region {Sessions} sessions at the session level, and at the same time {Sessions} that always ask the primary: "
            + "50 ms think time, 10 % writes, half of them read back at once. Every answer is judged.");
        Bench[] benches = [.. stage.Sites.Select(site => new Bench(
            site, stage.Trip(site), new Workload(site, Session, report.Time), new Workload(site, AlwaysPrimary, report.Time)))];
        await report.ChapterAsync("3. local reads", () => screen.WorkAsync("Sessions at work", async inPassing =>
        {
            using var goHome = new CancellationTokenSource(Duration, report.Time);
            var progress = new Progress(screen, report.Time, inPassing, Duration);
            await Task.WhenAll(
            [
                .. benches.SelectMany(static bench => bench.Workloads).Select(workload => workload.RunAsync(Sessions, goHome.Token, cancellationToken)),
                progress.RunAsync(() => Describe(benches[0]), goHome.Token, cancellationToken),
            ]);
        }));
        Tell(screen, benches);
        Judge(report, benches);
    }

    private static string Describe(Bench bench)
    {
        var sum = bench.New.Journal.Sum();
        return $"{bench.Site.Region}: {sum.Count} session reads, {Words.Percent(sum.LocalPercent)} local, half of them in {Words.Of(sum.Median)} or less";
    }

    private static void Tell(Screen screen, Bench[] benches)
    {
        var table = Screen.Table("client in", "reads", ">count", ">p50", ">p95", ">own p50", ">own p95", ">local", ">broken");
        foreach (var bench in benches)
        {
            Row("session", bench.New);
            Row("primary", bench.Old);

            void Row(string kind, Workload workload)
            {
                var all = workload.Journal.Sum();
                var readBacks = workload.Journal.Sum(static read => read.IsReadBack);
                table.AddRow(
                    kind == "session" ? bench.Site.Region.ToString() : $"{Words.Of(bench.Trip)} away",
                    kind,
                    $"{all.Count}",
                    Words.Of(all.Median),
                    Words.Of(all.P95),
                    Words.Of(readBacks.Median),
                    Words.Of(readBacks.P95),
                    Words.Percent(all.LocalPercent),
                    $"{workload.Journal.Violations}");
            }
        }

        screen.Show(table);
        screen.Line("own: what a session had written just before, and read back at once. broken: answers that a session must not get.");
    }

    private static void Judge(Report report, Bench[] benches)
    {
        foreach (var bench in benches)
        {
            var (ours, theirs) = (bench.New.Journal.Sum(), bench.Old.Journal.Sum());
            var isFarthest = bench == benches[0];
            var suffix = isFarthest ? "" : $"-{bench.Site.Territory}";
            report.Compare(
                $"wan-local-read{suffix}", $"session reads in {bench.Site.Region}, p50",
                ours.Median.TotalMilliseconds, "ms", theirs.Median.TotalMilliseconds, isFarthest ? WantedRatio : null);
            report.Check(
                $"wan-share-local{suffix}", $"session reads kept in {bench.Site.Region}",
                ours.LocalPercent, "%", $">= {WantedShare} %", ours.LocalPercent >= WantedShare);
        }

        Workload[] all = [.. benches.SelectMany(static bench => bench.Workloads)];
        var violations = all.Sum(static workload => workload.Journal.Violations);
        var failed = all.Sum(static workload => workload.Journal.FailedReads);
        var failedWrites = all.Sum(static workload => workload.Journal.FailedWrites);
        report.Check("session-violations", "answers that broke a session's guarantees", violations, "", "0", violations == 0);
        report.Check("failed-reads", "reads that failed while all was well", failed, "", "0", failed == 0);
        report.Check("failed-writes", "writes that failed", failedWrites, "", "0", failedWrites == 0);
    }

    private sealed record Bench(Site Site, TimeSpan Trip, Workload New, Workload Old)
    {
        public Workload[] Workloads => [New, Old];
    }
}
