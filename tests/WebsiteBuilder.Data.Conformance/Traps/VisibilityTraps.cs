using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Traps;

/// <summary>What is flushed, replicated, acknowledged and visible are four different things.</summary>
public class VisibilityTraps : LiveTests
{
    [Fact]
    public async Task A_primary_that_waits_for_a_hung_standby_does_not_take_back_what_a_replica_showed()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var standby = tier.Replica("sa-east-1");
        var replica = tier.Replica("us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "before"));
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        await standby.FreezeAsync();
        var hung = Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "UPDATE notes SET text = 'after' WHERE id = 1", 60);
        await Eventually.TrueAsync(
            async () => await notes.FindAsync(1) is { Value.Text: "after", Source: AnswerSource.Replica }, because: "the replica shows the unacknowledged row");
        Assert.Equal("before", await Sql.ScalarAsync<string>(tier.Primary.DirectConnectionString(), "SELECT text FROM notes WHERE id = 1"));

        await replica.StopAsync();
        var refused = await Assert.ThrowsAnyAsync<DataTierException>(
            () => notes.FindAsync(1, new ReadOptions { Timeout = TimeSpan.FromSeconds(1) }).AsTask());
        Assert.True(refused is ConsistencyNotMetException or DeadlineExceededException, refused.ToString());
        var strong = await Assert.ThrowsAnyAsync<DataTierException>(
            () => notes.FindAsync(1, new ReadOptions { Timeout = TimeSpan.FromSeconds(1), Consistency = ConsistencyLevel.Strong }).AsTask());
        Assert.True(strong is ConsistencyNotMetException or DeadlineExceededException, strong.ToString());

        // A session that saw nothing of it loses nothing by the old row.
        var other = await client.OpenSession().Repository<Note, long>().FindAsync(1);
        Assert.Equal("before", other.Value!.Text);

        await standby.ThawAsync();
        await hung;
        var read = await notes.FindAsync(1);
        Assert.Equal("after", read.Value!.Text);
    }

    [Fact]
    public async Task A_transaction_that_idles_does_not_keep_the_primary_from_proving_its_position()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await using var idle = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        await using var transaction = await idle.BeginTransactionAsync();
        await idle.ScalarAsync<object>("INSERT INTO notes (id, text) VALUES (99, 'never committed')");
        await notes.InsertAsync(new Note(1, "one"));
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Source == AnswerSource.Replica);
        await tier.Replica("us-west-2").StopAsync();

        var read = await notes.FindAsync(1, new ReadOptions { Timeout = TimeSpan.FromSeconds(5) });

        Assert.Equal(AnswerSource.Primary, read.Source);
    }

    [Fact]
    public async Task A_commit_whose_wait_for_a_standby_is_cancelled_is_committed_and_not_replicated()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var standby = tier.Replica("us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "warm"));
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        var replicated = await notes.InsertAsync(new Note(2, "replicated"));
        Assert.Equal(WriteDurability.RemoteFlush, replicated.Reached);
        await standby.FreezeAsync();

        var write = notes.InsertAsync(new Note(3, "cancelled"));
        await Eventually.TrueAsync(() => Sql.ScalarAsync<bool>(
            tier.Primary.AdminConnectionString(),
            "SELECT coalesce(bool_or(pg_cancel_backend(pid)), false) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"));
        var result = await write;

        Assert.Equal(WriteDurability.Local, result.Reached);
        await standby.ThawAsync();
        Assert.Equal("cancelled", (await notes.FindAsync(3)).Value!.Text);
    }

    [Fact]
    public async Task A_strong_read_with_a_barrier_answers_only_if_the_standbys_confirm_it()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var standby = tier.Replica("us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "one"));
        var barrier = new ReadOptions { Consistency = ConsistencyLevel.Strong, Barrier = StrongReadBarrier.Quorum, Timeout = TimeSpan.FromSeconds(20) };
        var alone = await Assert.ThrowsAsync<ConsistencyNotMetException>(() => notes.FindAsync(1, barrier).AsTask());
        Assert.False(alone.IsTransient);

        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        Assert.Equal(AnswerSource.Primary, (await notes.FindAsync(1, barrier)).Source);

        await standby.FreezeAsync();
        await Assert.ThrowsAsync<DeadlineExceededException>(() => notes.FindAsync(1, barrier with { Timeout = TimeSpan.FromSeconds(2) }).AsTask());
        Assert.Equal("one", (await notes.FindAsync(1, barrier with { Barrier = StrongReadBarrier.None })).Value!.Text);

        await standby.ThawAsync();
        Assert.Equal("one", (await notes.FindAsync(1, barrier)).Value!.Text);
    }

    [Fact]
    public async Task Without_synchronous_standbys_only_local_durability_is_claimed()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();

        Assert.Equal(WriteDurability.Local, (await notes.InsertAsync(new Note(1, "a"), new WriteOptions { Durability = WriteDurability.RemoteApply })).Reached);
        Assert.Equal(WriteDurability.Off, (await notes.InsertAsync(new Note(2, "b"), new WriteOptions { Durability = WriteDurability.Off })).Reached);
        await tier.Primary.SetSynchronousStandbysAsync($"ANY 1 ({tier.Replica("us-west-2").ApplicationName})");
        Assert.Equal(WriteDurability.RemoteApply, (await notes.InsertAsync(new Note(3, "c"), new WriteOptions { Durability = WriteDurability.RemoteApply })).Reached);
        Assert.Equal(WriteDurability.Local, (await notes.InsertAsync(new Note(4, "d"), new WriteOptions { Durability = WriteDurability.Local })).Reached);
    }

    [Fact]
    public async Task Repeatable_read_is_refused_because_its_snapshot_is_older_than_the_position()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await Sql.ExecuteAsync(tier.Primary.AdminConnectionString(), "ALTER ROLE wbd_app SET default_transaction_isolation = 'repeatable read'");
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), tier.Replica("us-west-2").DirectConnectionString()));
        await using var client = await tier.ClientAsync("us-west-2");
        var notes = client.OpenSession().Repository<Note, long>();

        var refused = await Assert.ThrowsAsync<StoreFailureException>(() => notes.FindAsync(1).AsTask());

        Assert.Contains("READ COMMITTED", refused.InnerException!.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await notes.InsertAsync(new Note(1, "writes choose their own isolation"))).Version);
    }

    [Fact]
    public async Task A_role_that_may_not_look_proves_nothing()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await Sql.ExecuteAsync(
            tier.Primary.AdminConnectionString(),
            "CREATE ROLE blind LOGIN PASSWORD 'blind'");
        await Sql.ExecuteAsync(
            tier.Primary.DirectConnectionString(),
            "GRANT USAGE ON SCHEMA wbd TO blind; GRANT SELECT ON wbd.history, notes TO blind");
        var replica = tier.Replica("us-west-2");
        await tier.Store(tier.Primary).ReadHistoryAsync(default);
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), replica.DirectConnectionString()));
        var blind = new NpgsqlConnectionStringBuilder(replica.DirectConnectionString()) { Username = "blind", Password = "blind" }.ConnectionString;

        var seen = await tier.Store(replica).FindAsync(Note.Map, 1, default, default);
        var unseen = await tier.Store(replica, blind).FindAsync(Note.Map, 1, default, default);

        Assert.False(seen.Stamp.History.IsNone);
        Assert.True(unseen.Stamp.History.IsNone);
    }
}
