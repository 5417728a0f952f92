using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>What tokens are worth after promotions that lost something, after such that didn't, and when somebody made them up.</summary>
public class LostHistoryLiveTests(ITestOutputHelper output) : LiveTests, IAsyncLifetime
{
    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 0);
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(2);
    private static readonly ReadOptions AtPrimary = new() { Consistency = ConsistencyLevel.Strong };

    private LiveTier _tier = null!;

    private LocalNode West => _tier.Replica("us-west-2");

    private LocalNode South => _tier.Replica("sa-east-1");

    public async Task InitializeAsync() => _tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");

    public async Task DisposeAsync() => await _tier.DisposeAsync();

    [Fact]
    public async Task A_lossy_promotion_is_reported_at_once_to_whoever_wrote_or_saw_what_is_gone_and_to_nobody_else()
    {
        await using var before = await _tier.ClientAsync("us-east-1");
        var (writer, reader, bystander) = (before.OpenSession(), before.OpenSession(), before.OpenSession());
        await Notes(writer).InsertAsync(new Note(1, "kept"));
        await CaughtUpAsync();
        Assert.True((await Notes(bystander).FindAsync(1)).Found);
        await LoseAsync(async () =>
        {
            await Notes(writer).InsertAsync(new Note(2, "lost"));
            Assert.True((await Notes(reader).FindAsync(2, AtPrimary)).Found);
        });

        await using var after = await AfterAsync();
        foreach (var (name, token) in new[] { ("writer", writer.Token), ("reader", reader.Token) })
        {
            var session = after.OpenSession(SessionToken.Parse(token.ToString()));
            var lost = await LostAtOnceAsync($"{name}, read", async () => await Notes(session).FindAsync(1));
            await LostAtOnceAsync($"{name}, write", () => Notes(session).UpsertAsync(new Note(3, "built on nothing")));

            var remaining = after.OpenSession(SessionToken.Parse(lost.Remaining.ToString()));
            Assert.True((await Notes(remaining).FindAsync(1)).Found);
            Assert.False((await Notes(remaining).FindAsync(2)).Found);
            Assert.False((await Notes(remaining).FindAsync(3, AtPrimary)).Found);
            await Notes(remaining).UpsertAsync(new Note(4, name));
            Assert.Equal(name, (await Notes(remaining).FindAsync(4)).Value?.Text);
        }

        Assert.True((await Notes(after.OpenSession(SessionToken.Parse(bystander.Token.ToString()))).FindAsync(1)).Found);

        // The process that wrote has to find out by itself.
        await LostAtOnceAsync("the old process", async () => await Notes(writer).FindAsync(1), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_promotion_that_lost_nothing_keeps_every_token()
    {
        await using var before = await _tier.ClientAsync("us-east-1");
        var sessions = new[] { before.OpenSession(), before.OpenSession(), before.OpenSession() };
        await Notes(sessions[0]).InsertAsync(new Note(1, "kept"));
        await CaughtUpAsync();
        Assert.True((await Notes(sessions[1]).FindAsync(1, AtPrimary)).Found);
        Assert.Equal(AnswerSource.Replica, (await Notes(sessions[2]).FindAsync(1, new ReadOptions { Region = West.Region })).Source);
        await _tier.Primary.KillAsync();
        await West.PromoteAsync();
        await South.FollowAsync(West);

        await using var after = await AfterAsync();
        foreach (var session in sessions)
        {
            var resumed = after.OpenSession(SessionToken.Parse(session.Token.ToString()));
            Assert.True((await Notes(resumed).FindAsync(1)).Found);
            await Notes(resumed).UpsertAsync(new Note(2, "more"));
            Assert.True((await Notes(resumed).FindAsync(2)).Found);
            Assert.True((await Notes(session).FindAsync(1)).Found);
        }
    }

    [Fact]
    public async Task Tokens_of_two_histories_merge_and_what_one_of_them_lost_stays_lost()
    {
        await using var before = await _tier.ClientAsync("us-east-1");
        var (kept, lost) = (before.OpenSession(), before.OpenSession());
        await Notes(kept).InsertAsync(new Note(1, "kept"));
        await CaughtUpAsync();
        await LoseAsync(() => Notes(lost).InsertAsync(new Note(2, "lost")));
        await using var after = await AfterAsync();
        var fresh = after.OpenSession();
        await Notes(fresh).InsertAsync(new Note(3, "new"));

        var whole = after.OpenSession(SessionToken.Parse(kept.Token.Merge(fresh.Token).ToString()));
        Assert.True((await Notes(whole).FindAsync(1)).Found);
        Assert.True((await Notes(whole).FindAsync(3)).Found);
        Assert.True(whole.Token.Covers(fresh.Token));

        var broken = after.OpenSession(SessionToken.Parse(fresh.Token.Merge(lost.Token).ToString()));
        var report = await LostAtOnceAsync("merged", async () => await Notes(broken).FindAsync(3));
        Assert.True(report.Remaining.Covers(fresh.Token));
        Assert.True((await Notes(after.OpenSession(report.Remaining)).FindAsync(3)).Found);

        // Merged while the session lives, too.
        whole.Merge(lost.Token);
        await LostAtOnceAsync("merged alive", async () => await Notes(whole).FindAsync(1));
    }

    [Fact]
    public async Task Forged_tokens_are_refused_at_once_and_harm_nobody()
    {
        await using var client = await _tier.ClientAsync("us-west-2");
        var honest = client.OpenSession();
        await Notes(honest).InsertAsync(new Note(1, "real"));
        var real = Assert.Single(honest.Token.Floors.ToArray());

        await InvalidAtOnceAsync("position beyond the log", Forge(new SessionFloor(Shard, real.History, real.Floor + (1UL << 30), 0)));
        await InvalidAtOnceAsync("read position beyond the log", Forge(new SessionFloor(Shard, real.History, real.Floor + (1UL << 30), real.Floor + (1UL << 30))));
        await InvalidAtOnceAsync("the highest position", Forge(new SessionFloor(Shard, real.History, ulong.MaxValue, ulong.MaxValue)));
        await InvalidAtOnceAsync("unknown history", Forge(new SessionFloor(Shard, new HistoryId(real.History.Value ^ 1), 8, 0)));
        await InvalidAtOnceAsync("a real and an unknown history", honest.Token.Merge(Forge(new SessionFloor(Shard, new HistoryId(real.History.Value ^ 1), 8, 0))));

        Assert.True((await Notes(honest).FindAsync(1)).Found);
        await CaughtUpAsync();
        await Eventually.TrueAsync(
            async () => (await Notes(honest).FindAsync(1)).Region == client.LocalRegion, TimeSpan.FromSeconds(3), "the local replica serves honest sessions");

        async Task InvalidAtOnceAsync(string what, SessionToken forged)
        {
            var session = client.OpenSession(SessionToken.Parse(forged.ToString()));
            await AtOnceAsync<InvalidSessionTokenException>(what, async () => await Notes(session).FindAsync(1), AtOnce);
        }
    }

    private static SessionToken Forge(SessionFloor floor) => new([floor]);

    private static IRepository<Note, long> Notes(IDataSession session) => session.Repository<Note, long>();

    private Task<SessionHistoryLostException> LostAtOnceAsync(string what, Func<Task> call, TimeSpan? within = null) =>
        AtOnceAsync<SessionHistoryLostException>(what, call, within ?? AtOnce);

    /// <summary>The default timeout, 10 s, must not be what ends the call.</summary>
    private async Task<T> AtOnceAsync<T>(string what, Func<Task> call, TimeSpan within)
        where T : DataTierException
    {
        var start = TimeProvider.System.GetTimestamp();
        var error = await Assert.ThrowsAsync<T>(call);
        var took = TimeProvider.System.GetElapsedTime(start);
        output.WriteLine($"{typeof(T).Name} ({what}) after {took.TotalMilliseconds:0} ms");
        Assert.InRange(took, TimeSpan.Zero, within);
        Assert.Equal(WriteDisposition.NotApplied, error.Disposition);
        return error;
    }

    /// <summary>Acknowledges something that no replica gets, cuts the primary off, and goes on in Oregon.</summary>
    private async Task LoseAsync(Func<Task> work)
    {
        _tier.Local.ReplicationLink(West).Cut();
        _tier.Local.ReplicationLink(South).Cut();
        await work();
        await _tier.Primary.IsolateAsync();
        _tier.Local.ReplicationLink(West).Heal();
        _tier.Local.ReplicationLink(South).Heal();
        await West.PromoteAsync();
        await South.FollowAsync(West);
    }

    /// <summary>Another process, which has never seen the old primary.</summary>
    private async Task<DataClient> AfterAsync()
    {
        var options = _tier.Local.CreateDataOptions(West.Region);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(200);
        var client = DataClient.Create(options, static entities => entities.Add(Note.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        return client;
    }

    private async Task CaughtUpAsync()
    {
        foreach (var replica in new[] { West, South })
        {
            await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(_tier.Primary.DirectConnectionString(), replica.DirectConnectionString()));
        }
    }
}
