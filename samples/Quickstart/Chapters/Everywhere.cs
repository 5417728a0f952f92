using Spectre.Console;

namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>Users are written where they are at home, and read from everywhere by sessions that have been told of the writes.</summary>
internal static class Everywhere
{
    private const int UsersPerTerritory = 64;

    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        screen.Chapter(
            "2. Written at home, read from everywhere",
            "Each client writes users of its territory, which go to the territory's primary. The three sessions' tokens are merged into one, so "
            + "whoever resumes it must see all of the writes, wherever it reads.");
        await report.ChapterAsync("2. everywhere", () => screen.WorkAsync("Writing and reading", async inPassing =>
        {
            var steps = new Steps(screen, report.Time, inPassing);
            steps.Begin($"{UsersPerTerritory} users written in each territory, from its farthest region");
            var tokens = await Task.WhenAll(stage.Sites.Select(site => SettleAsync(site, report.Time, cancellationToken)));
            steps.Begin("All read from everywhere, twice");
            var token = tokens.Aggregate(static (all, next) => all.Merge(next));
            var visits = await Task.WhenAll(stage.Sites.Select(site => VisitAsync(stage, site, token, report.Time, cancellationToken)));
            steps.End();
            Tell(screen, report, token, [.. visits.SelectMany(static rows => rows)]);
        }));
    }

    private static async Task<SessionToken> SettleAsync(Site site, TimeProvider time, CancellationToken cancellationToken)
    {
        var session = site.Client.OpenSession();
        var users = session.Users();
        User[] settlers = [.. Enumerable.Range(0, UsersPerTerritory).Select(_ => UserSamples.New(site.Territory, time))];
        await Task.WhenAll(settlers.Select(user => users.InsertAsync(user, cancellationToken: cancellationToken)));
        site.Serve(settlers);
        return session.Token;
    }

    private static async Task<List<Visit>> VisitAsync(
        Stage stage, Site reader, SessionToken token, TimeProvider time, CancellationToken cancellationToken)
    {
        var rows = new List<Visit>();
        foreach (var home in stage.Sites)
        {
            // The token travels as a short text, in a cookie for example.
            var users = reader.Client.OpenSession(SessionToken.Parse(token.ToString())).Users();
            var first = await time.MeasureAsync(() => users.FindAsync(home.Users[0].Key, cancellationToken: cancellationToken).AsTask());
            var again = await time.MeasureAsync(() => users.FindAsync(home.Users[1].Key, cancellationToken: cancellationToken).AsTask());
            rows.Add(new Visit(reader, home, first, again));
        }

        return rows;
    }

    private static void Tell(Screen screen, Report report, SessionToken token, Visit[] visits)
    {
        var table = Screen.Table("client in", "users of", "answered by", ">first", ">then", ">age");
        foreach (var visit in visits)
        {
            var answer = visit.Again.Result;
            table.AddRow(
                visit.Reader.Region.ToString(),
                visit.Home.Territory.ToString(),
                answer.Endpoint ?? "",
                Words.Of(visit.First.Took),
                Words.Of(visit.Again.Took),
                Words.Age(answer.Age));
        }

        screen.Show(table);
        screen.Line($"The first read of a node opens a connection to it. The merged token is {token.ToString().Length} characters long.");
        var seen = visits.Sum(static visit => (visit.First.Result.Found ? 1 : 0) + (visit.Again.Result.Found ? 1 : 0));
        report.Check(
            "seen-everywhere", "reads from everywhere that saw the write", seen, $"of {visits.Length * 2}", "all", seen == visits.Length * 2);
    }

    private sealed record Visit(Site Reader, Site Home, Timed<ReadResult<User?>> First, Timed<ReadResult<User?>> Again);
}
