namespace WebsiteBuilder.Data.Samples.Quickstart.Chapters;

/// <summary>Two regions, each with a Redis: a limit that both keep together, and people who see each other across them.</summary>
internal static class TwoRegions
{
    private const int Permits = 100;
    private const int Callers = 32;
    private const int CallsOfEach = 5;
    private const string Limited = "login:203.0.113.7";
    private const string Project = "project:7";
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Missed = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Stage stage, Screen screen, Report report, CancellationToken cancellationToken)
    {
        await using var here = new Place(stage, Stage.RedisRegions[0]);
        await using var there = new Place(stage, Stage.RedisRegions[1]);
        screen.Chapter(
            "7. Two regions, one limit",
            $"Processes in {here.Regions.LocalRegion} and {there.Regions.LocalRegion}, a Redis in each. What both must agree on has one home, which both find by themselves. "
            + "(Redis is reached directly here: the links with latencies are PostgreSQL's.)");
        await report.ChapterAsync("7. two regions", () => screen.WorkAsync("Asking and watching", async inPassing =>
        {
            var steps = new Steps(screen, report.Time, inPassing);
            steps.Begin($"{Callers * 2} callers ask for {Callers * 2 * CallsOfEach} permits, {Permits} of which there are");
            var allowed = (await Task.WhenAll(AskAsync(here, cancellationToken), AskAsync(there, cancellationToken))).Sum();
            steps.Begin($"Ann opens {Project} in one region, Bob watches from the other");
            var (seen, gone) = await MeetAsync(here, there, report.Time, cancellationToken);
            steps.End();
            screen.Line($"The limit is at home in {here.Regions.HomeOf(Limited)}, the project in {here.Regions.HomeOf(Project)}.");
            report.Check("limit-two-regions", "permits that both regions got together", allowed, $"of {Permits}", "all, no more", allowed == Permits);
            report.Add("presence-seen", "Ann came until Bob saw her, from the other region", seen.TotalMilliseconds, "ms");
            report.Check(
                "presence-missed",
                $"Ann fell silent until Bob was told; she counts for {Words.Long(Silence)}",
                gone.TotalSeconds,
                "s",
                $"< {Missed.TotalSeconds:0} s",
                gone < Missed);
        }));
    }

    private static async Task<int> AskAsync(Place place, CancellationToken cancellationToken)
    {
        var limiter = place.Regions.At(place.Regions.HomeOf(Limited)).RateLimiter;
        var limit = new RateLimit(Permits, TimeSpan.FromDays(1));
        var taken = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            var allowed = 0;
            for (var call = 0; call < CallsOfEach; call++)
            {
                allowed += (await limiter.TakeAsync(Limited, limit, cancellationToken: cancellationToken)).IsAllowed ? 1 : 0;
            }

            return allowed;
        }));
        return taken.Sum();
    }

    private static async Task<(TimeSpan Seen, TimeSpan Gone)> MeetAsync(Place here, Place there, TimeProvider time, CancellationToken cancellationToken)
    {
        var home = here.Regions.HomeOf(Project);
        var changes = there.Regions.At(home).Presence.WatchAsync(Project, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (changes)
        {
            // Everybody who is there, which is nobody yet.
            await changes.MoveNextAsync();
            var cameAt = time.GetTimestamp();
            await here.Regions.At(home).Presence.HeartbeatAsync(Project, "ann", "window 1", "cursor 10,20"u8.ToArray(), cancellationToken);
            await UntilAsync(PresenceChangeKind.Joined);
            var seen = time.GetElapsedTime(cameAt);
            await UntilAsync(PresenceChangeKind.Left);
            return (seen, time.GetElapsedTime(cameAt));
        }

        async Task UntilAsync(PresenceChangeKind kind)
        {
            while (await changes.MoveNextAsync() && changes.Current.Kind != kind)
            {
            }
        }
    }

    /// <summary>A process in one region, with its ways to the Redis of each.</summary>
    private sealed class Place : IAsyncDisposable
    {
        private readonly Dictionary<RegionId, RespChannel> _channels;

        public Place(Stage stage, RegionId local)
        {
            _channels = Stage.RedisRegions.ToDictionary(static region => region, region => new RespChannel(stage.Redis[region].CreateChannelOptions()));
            Regions = new RealTimeRegions(local, _channels.ToDictionary(static pair => pair.Key, static pair => new RealTimeStore(pair.Value, OptionsOf(pair.Key))));
        }

        public RealTimeRegions Regions { get; }

        /// <summary>Each region's keys and values have numbers of their own in session tokens.</summary>
        private static RealTimeOptions OptionsOf(RegionId region) => new()
        {
            Region = region,
            Presence = new PresencePolicy { Expiry = Silence },
            KeyValues = new KeyValuePolicy { FirstShard = Array.IndexOf([.. Stage.RedisRegions], region) * KeyValuePolicy.Default.Partitions },
        };

        public async ValueTask DisposeAsync()
        {
            foreach (var channel in _channels.Values)
            {
                await channel.DisposeAsync();
            }
        }
    }
}
