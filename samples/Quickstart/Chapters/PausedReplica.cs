using Spectre.Console;

namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>
/// The local replica stops replaying. A session that wrote can't be answered by it any more and moves on; eventual reads stay, and say
/// how old they are. When replay goes on, the session's reads come home.
/// </summary>
internal static class PausedReplica
{
    private const int Rounds = 6;
    private static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly ReadOptions Eventual = new() { Consistency = ConsistencyLevel.Eventual };

    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        var site = stage.Farthest;
        screen.Chapter(
            "5. The local replica falls behind",
            $"Replay is paused on {site.LocalReplica.Name}. In each round a session writes and reads its write; another reads without a promise.");
        await report.ChapterAsync("5. paused", () => screen.WorkAsync("Pausing replay", async _ =>
        {
            var session = site.Client.OpenSession();
            await site.LocalReplica.PauseReplayAsync(cancellationToken);
            var rounds = await PlayAsync(site, session, report.Time, cancellationToken);
            Tell(screen, site, rounds);
            Judge(report, site, rounds);
            await ComeHomeAsync(site, session, screen, report, cancellationToken);
        }));
    }

    private static async Task<List<Round>> PlayAsync(Site site, IDataSession session, TimeProvider time, CancellationToken cancellationToken)
    {
        var rounds = new List<Round>();
        var startedAt = time.GetTimestamp();
        for (var i = 0; i < Rounds; i++)
        {
            var user = site.Users[i % 2];
            var written = await session.Users().UpdateAsync(user.SeenNow(time), cancellationToken: cancellationToken);
            var own = await time.MeasureAsync(() => session.Users().FindAsync(user.Key, cancellationToken: cancellationToken).AsTask());
            var any = await time.MeasureAsync(() => site.Client.OpenSession().Users().FindAsync(user.Key, Eventual, cancellationToken).AsTask());
            rounds.Add(new Round(time.GetElapsedTime(startedAt), written.Version, own, any));
            await Task.Delay(ThinkTime, time, cancellationToken);
        }

        return rounds;
    }

    private static void Tell(Screen screen, Site site, List<Round> rounds)
    {
        var table = Screen.Table(">after", ">wrote", "session read by", ">took", ">saw", "eventual", ">took", ">saw", ">its age");
        foreach (var round in rounds)
        {
            var (own, any) = (round.Own.Result, round.Any.Result);
            table.AddRow(
                Words.Long(round.After),
                $"v{round.Written}",
                own.Endpoint ?? "",
                Words.Of(round.Own.Took),
                $"v{own.Value?.Version}",
                any.Region == site.Region ? "local" : any.Endpoint ?? "",
                Words.Of(round.Any.Took),
                $"v{any.Value?.Version}",
                Words.Age(any.Age));
        }

        screen.Show(table);
    }

    private static void Judge(Report report, Site site, List<Round> rounds)
    {
        var broken = rounds.Count(static round => round.Own.Result.Value?.Version < round.Written);
        var moved = rounds.Count(round => round.Own.Result.Region != site.Region);
        var honest = rounds.Count(round => round.Any.Result.Region == site.Region && round.Any.Result.Age is not null);
        var grows = rounds[^1].Any.Result.Age - rounds[0].Any.Result.Age;
        report.Check("paused-own-writes", "session reads that missed their own write, replica paused", broken, "", "0", broken == 0);
        report.Check("paused-moved-on", "session reads answered by another region meanwhile", moved, $"of {Rounds}", "all", moved == Rounds);
        report.Add("paused-move-first", "the first of them, which finds out", rounds[0].Own.Took.TotalMilliseconds, "ms");
        report.Add("paused-move-later", "the slowest of the others", rounds.Skip(1).Max(static round => round.Own.Took).TotalMilliseconds, "ms");
        report.Check("paused-age-told", "eventual reads that stayed local and told their age", honest, $"of {Rounds}", "all", honest == Rounds);
        report.Check(
            "paused-age-grows", "how much older the last says it is than the first", grows?.TotalSeconds ?? 0, "s", "> 1 s", grows > TimeSpan.FromSeconds(1));
    }

    private static async Task ComeHomeAsync(Site site, IDataSession session, Screen screen, Report report, CancellationToken cancellationToken)
    {
        var resumedAt = report.Time.GetTimestamp();
        await site.LocalReplica.ResumeReplayAsync(cancellationToken);
        ReadResult<User?> answer;
        do
        {
            answer = await session.Users().FindAsync(site.Users[0].Key, cancellationToken: cancellationToken);
        }
        while (answer.Region != site.Region && report.Time.GetElapsedTime(resumedAt) < Patience);

        var home = report.Time.GetElapsedTime(resumedAt);
        screen.Line($"Replay goes on. {Words.Of(home)} later the session is answered by {answer.Endpoint} again.");
        report.Check("paused-home-again", "replay resumed until session reads are local", home.TotalMilliseconds, "ms", "< 5 s", home < TimeSpan.FromSeconds(5));
    }

    private sealed record Round(TimeSpan After, long Written, Timed<ReadResult<User?>> Own, Timed<ReadResult<User?>> Any);
}
