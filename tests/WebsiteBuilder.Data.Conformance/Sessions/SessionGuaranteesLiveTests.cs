using WebsiteBuilder.Data.Testing.Judging;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>Real servers, real trouble, and judges over everything that was seen.</summary>
[Collection(JudgedWorld.Collection)]
public class SessionGuaranteesLiveTests(JudgedWorld world, ITestOutputHelper output) : JudgedRuns(world, output)
{

    /// <summary>
    /// If the primary answered everything, nothing would be proven. How much more than this replicas answer is a matter of speed: a third
    /// usually, for they lag half of the time, and are thought to lag for about as long again.
    /// </summary>
    private const double LeastFromReplicas = 0.15;

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
        await World.ResetAsync();
        var client = World.Clients[1];
        var rows = client.OpenSession().Repository<Judged, long>();
        await JudgedWorld.ServesAsync(JudgedWorld.In("us-west-2", World.Replicas), rows, Bounded);

        var until = World.Clock.Now + TimeSpan.FromSeconds(3);
        var (answers, elsewhere, oldest) = (0, 0, TimeSpan.Zero);
        while (World.Clock.Now < until)
        {
            var answer = await rows.FindAsync(1, Bounded);
            answers++;
            elsewhere += (answer.Region, answer.Source) == (client.LocalRegion, AnswerSource.Replica) ? 0 : 1;
            oldest = answer.Age > oldest ? answer.Age.Value : oldest;
        }

        // A busy machine makes any node look far for a moment; staleness would do so for good.
        Output.WriteLine($"{answers} answers, {elsewhere} not from the local replica, none claimed to be older than {oldest.TotalMilliseconds:0} ms");
        Assert.InRange(elsewhere, 0, answers / 10);
        Assert.InRange(oldest, TimeSpan.Zero, Bound);
    }

    [Fact]
    public async Task A_replica_that_is_cut_off_serves_no_bounded_read_once_the_bound_has_passed()
    {
        await World.ResetAsync();
        var client = World.Clients[1];
        var replica = JudgedWorld.In("us-west-2", World.Replicas);
        var rows = client.OpenSession().Repository<Judged, long>();
        var writer = World.Clients[0].OpenSession().Repository<Judged, long>();
        await JudgedWorld.ServesAsync(replica, rows, Bounded);

        World.Local.ReplicationLink(replica).Cut();
        await writer.UpsertAsync(new Judged(1, 1));
        var acknowledged = World.Clock.Now;
        var (early, late) = (0, 0);
        while (World.Clock.Now < acknowledged + (Bound * 2.5))
        {
            var call = ArrivalClock.Watch();
            var answer = await rows.FindAsync(1, Bounded);
            var sinceThen = World.Clock.ArrivalOf(call)!.Value - acknowledged;
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

        Output.WriteLine($"{early} stale answers within the bound, {late} fresh ones from elsewhere");
        World.Local.ReplicationLink(replica).Heal();
        await JudgedWorld.ServesAsync(replica, rows, Bounded);
        Assert.True(early > 0 && late > 0);
    }
}

/// <summary>What the judges are worth: they find what goes wrong where nothing is promised.</summary>
[Collection(JudgedWorld.Collection)]
public sealed class UnprovenSessionsLiveTests(JudgedWorld world, ITestOutputHelper output) : JudgedRuns(world, output)
{
    [Fact]
    public async Task The_same_workload_without_session_reads_breaks_every_guarantee_that_reads_can_break()
    {
        var recording = await RunAsync(new ReadOptions { Consistency = ConsistencyLevel.Eventual }, seed: 1, ShortPause);

        var found = SessionJudge.Judge(recording.History).CountBy(static violation => violation.Guarantee).ToDictionary();
        Output.WriteLine(string.Join(", ", found.Select(static pair => $"{pair.Key} {pair.Value}")));
        Assert.Equal(Enum.GetValues<Guarantee>().Where(static guarantee => guarantee != Guarantee.Unspecified), found.Keys.Order());
        Assert.Empty(StalenessJudge.JudgeClaims(recording.History));
        Assert.True(recording.Succeeded >= 0.9, $"{recording.Succeeded:P1} succeeded");
    }
}
