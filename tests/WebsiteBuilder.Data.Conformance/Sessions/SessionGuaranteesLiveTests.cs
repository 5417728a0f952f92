using WebsiteBuilder.Data.Testing.Judging;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>Real servers, real trouble, and judges over everything that was seen.</summary>
[Collection(JudgedWorld.Collection)]
public sealed class SessionGuaranteesLiveTests(JudgedWorld world, ITestOutputHelper output)
{
    private const int Operations = 10_000;

    /// <summary>
    /// If the primary answered everything, nothing would be proven. How much more than this replicas answer is a matter of speed: a third
    /// usually, for they lag half of the time, and are thought to lag for about as long again.
    /// </summary>
    private const double LeastFromReplicas = 0.15;

    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);
    private static readonly ReadOptions Bounded = new() { Consistency = ConsistencyLevel.BoundedStaleness, MaxStaleness = Bound };

    [Fact]
    public async Task Sessions_keep_all_four_guarantees_over_processes_and_merges_while_replicas_suffer()
    {
        var recording = await RunAsync(new ReadOptions { Consistency = ConsistencyLevel.Session }, seed: 1, ShortPause);

        Assert.Empty(Describe(recording, SessionJudge.Judge(recording.History)));
        Assert.Empty(StalenessJudge.JudgeClaims(recording.History));
        Assert.True(recording.Succeeded >= 0.9, $"{recording.Succeeded:P1} succeeded");
        Assert.True(recording.FromReplicas >= LeastFromReplicas, $"{recording.FromReplicas:P1} from replicas");
    }

    [Fact]
    public async Task The_same_workload_without_session_reads_breaks_every_guarantee_that_reads_can_break()
    {
        var recording = await RunAsync(new ReadOptions { Consistency = ConsistencyLevel.Eventual }, seed: 1, ShortPause);

        var found = SessionJudge.Judge(recording.History).CountBy(static violation => violation.Guarantee).ToDictionary();
        output.WriteLine(string.Join(", ", found.Select(static pair => $"{pair.Key} {pair.Value}")));
        Assert.Equal(Enum.GetValues<Guarantee>().Where(static guarantee => guarantee != Guarantee.Unspecified), found.Keys.Order());
        Assert.Empty(StalenessJudge.JudgeClaims(recording.History));
        Assert.True(recording.Succeeded >= 0.9, $"{recording.Succeeded:P1} succeeded");
    }

    [Fact]
    public async Task Bounded_reads_show_all_that_was_acknowledged_longer_ago_than_the_bound()
    {
        var recording = await RunAsync(Bounded, seed: 3, Bound * 1.5);

        Assert.Empty(StalenessJudge.JudgeBound(recording.History, Bound));
        Assert.Empty(StalenessJudge.JudgeClaims(recording.History));
        Assert.All(recording.Attempts, attempt => Assert.True(!(attempt.Age > Bound), $"{attempt}"));
        Assert.True(recording.Succeeded >= 0.9, $"{recording.Succeeded:P1} succeeded");

        Assert.True(recording.FromReplicas >= LeastFromReplicas, $"{recording.FromReplicas:P1} from replicas");
    }

    [Fact]
    public async Task An_idle_primary_does_not_make_its_replicas_stale()
    {
        await world.ResetAsync();
        var client = world.Clients[1];
        var rows = client.OpenSession().Repository<Judged, long>();
        await JudgedWorld.ServesAsync(JudgedWorld.In("us-west-2", world.Replicas), rows, Bounded);

        var until = world.Clock.Now + TimeSpan.FromSeconds(3);
        var (answers, elsewhere, oldest) = (0, 0, TimeSpan.Zero);
        while (world.Clock.Now < until)
        {
            var answer = await rows.FindAsync(1, Bounded);
            answers++;
            elsewhere += (answer.Region, answer.Source) == (client.LocalRegion, AnswerSource.Replica) ? 0 : 1;
            oldest = answer.Age > oldest ? answer.Age.Value : oldest;
        }

        // A busy machine makes any node look far for a moment; staleness would do so for good.
        output.WriteLine($"{answers} answers, {elsewhere} not from the local replica, none claimed to be older than {oldest.TotalMilliseconds:0} ms");
        Assert.InRange(elsewhere, 0, answers / 10);
        Assert.InRange(oldest, TimeSpan.Zero, Bound);
    }

    [Fact]
    public async Task A_replica_that_is_cut_off_serves_no_bounded_read_once_the_bound_has_passed()
    {
        await world.ResetAsync();
        var client = world.Clients[1];
        var replica = JudgedWorld.In("us-west-2", world.Replicas);
        var rows = client.OpenSession().Repository<Judged, long>();
        var writer = world.Clients[0].OpenSession().Repository<Judged, long>();
        await JudgedWorld.ServesAsync(replica, rows, Bounded);

        world.Local.ReplicationLink(replica).Cut();
        await writer.UpsertAsync(new Judged(1, 1));
        var acknowledged = world.Clock.Now;
        var (early, late) = (0, 0);
        while (world.Clock.Now < acknowledged + (Bound * 2.5))
        {
            var call = ArrivalClock.Watch();
            var answer = await rows.FindAsync(1, Bounded);
            var sinceThen = world.Clock.ArrivalOf(call)!.Value - acknowledged;
            if (answer.Value!.Value == 0)
            {
                Assert.True(sinceThen < Bound, $"{answer} missed a write for {sinceThen.TotalMilliseconds:0} ms");
                early++;
            }
            else
            {
                Assert.NotEqual(replica.Name, answer.Endpoint);
                late++;
            }
        }

        output.WriteLine($"{early} stale answers within the bound, {late} fresh ones from elsewhere");
        world.Local.ReplicationLink(replica).Heal();
        await JudgedWorld.ServesAsync(replica, rows, Bounded);
        Assert.True(early > 0 && late > 0);
    }

    private async Task<Recording> RunAsync(ReadOptions reads, int seed, TimeSpan longestPause)
    {
        await world.ResetAsync();
        var origin = TimeProvider.System.GetUtcNow() - world.Clock.Now;
        using var chaos = new ReplicaChaos(world, seed, longestPause);
        var started = world.Clock.Now;
        chaos.Start();
        var attempts = await new Workload(world, reads, seed, Operations).RunAsync();
        var took = world.Clock.Now - started;
        await chaos.StopAsync();
        var recording = Recording.Of(attempts, await world.LogAsync(), origin, reads.Consistency!.Value);
        output.WriteLine(recording.Report(seed, took, chaos.Faults));
        Assert.DoesNotContain(attempts, static attempt => attempt.Error is InvalidSessionTokenException or SessionHistoryLostException);
        Assert.True(recording.Calls >= Operations - 16, $"{recording.Calls} operations");
        return recording;
    }

    private static IEnumerable<string> Describe(Recording recording, IEnumerable<Violation> violations) =>
        violations.Take(10).Select(violation => $"{violation}; {recording.History[violation.Operation]}");
}
