namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>Every answer says who gave it, how old it may be, and why that node was asked.</summary>
internal static class Explained
{
    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        var site = stage.Farthest;
        screen.Chapter("4. Answers explain themselves", $"One user, read in {site.Region} at each level, in the library's own words.");
        await report.ChapterAsync("4. explained", async () =>
        {
            var users = site.Client.OpenSession().Users();
            var user = site.Users[0];
            await AskAsync("Eventual", "whatever is near", new ReadOptions { Consistency = ConsistencyLevel.Eventual });
            await users.UpdateAsync(user.SeenNow(report.Time), cancellationToken: cancellationToken);
            await AskAsync("Session", "right after a write of its own", new ReadOptions { Consistency = ConsistencyLevel.Session });
            await AskAsync(
                "BoundedStaleness", "at most 1 s old",
                new ReadOptions { Consistency = ConsistencyLevel.BoundedStaleness, MaxStaleness = TimeSpan.FromSeconds(1) });
            await AskAsync("Strong", "the primary's word", new ReadOptions { Consistency = ConsistencyLevel.Strong });
            await AskAsync(
                "Eventual", "of one region only",
                new ReadOptions { Consistency = ConsistencyLevel.Eventual, Region = RegionId.Parse("ca-central-1") });

            async Task AskAsync(string level, string wish, ReadOptions options)
            {
                var answer = await report.Time.MeasureAsync(() => users.FindAsync(user.Key, options, cancellationToken).AsTask());
                screen.Line($"{level}, {wish}:");
                screen.Indented(Words.Of(answer.Result, answer.Took));
            }
        });
    }
}
