using System.Data.Common;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Traps;

/// <summary>A replica may show a commit that the primary shows nobody yet. What its reader writes then must not be seen there first.</summary>
public class WritesFollowReadsTraps : LiveTests
{
    private static readonly WriteOptions Weak = new() { Durability = WriteDurability.Local, Timeout = TimeSpan.FromSeconds(60) };

    public static TheoryData<string> Ways => ["entity", "many", "unit of work", "transaction", "statement"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_write_that_waits_for_nobody_is_not_seen_before_what_its_author_has_read(string way)
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var standby = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "before"));
        await tier.Primary.SetSynchronousStandbysAsync($"ANY 1 ({standby.ApplicationName})");

        // Whoever opens one later waits until the primary shows what the session has seen.
        await using var connection = await session.CreateDataSource("notes", OperationIntent.Write, writeOptions: Weak).OpenConnectionAsync();
        var hung = await HideAsync(tier, standby, notes);

        var follows = WriteAsync(way, session, connection);

        // It has committed, as the replica's log shows, and is no more visible than what it follows.
        await Eventually.TrueAsync(async () => await CountAsync(tier.Replica("us-west-2")) == 1, because: "it was sent");
        Assert.Equal(0, await CountAsync(tier.Primary));

        // Whoever has seen nothing of it waits for nobody.
        await client.OpenSession().Repository<Note, long>().InsertAsync(new Note(3, "knows nothing"), Weak);
        Assert.Equal(0, await CountAsync(tier.Primary));
        Assert.False(follows.IsCompleted);

        await standby.ThawAsync();
        await follows;
        Assert.Equal("after", await Sql.ScalarAsync<string>(tier.Primary.DirectConnectionString(), "SELECT text FROM notes WHERE id = 1"));
        await hung;
    }

    [Fact]
    public async Task What_standbys_have_holds_nobody_up()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var standby = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await tier.Primary.SetSynchronousStandbysAsync($"FIRST 1 ({standby.ApplicationName}, nobody)");
        await notes.InsertAsync(new Note(1, "before"));
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Source == AnswerSource.Replica);
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), standby.DirectConnectionString()));
        await standby.FreezeAsync();

        // A write that waits for others is under way, but its author has seen nothing of that.
        var hung = UpdateAsync(tier);
        await Eventually.TrueAsync(async () => await WaitingAsync(tier) == 1);
        var write = await notes.InsertAsync(new Note(2, "follows"), Weak);

        Assert.Equal(WriteDurability.Local, write.Reached);
        await standby.ThawAsync();
        await hung;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_standbys_are_gone_only_those_wait_who_may_have_seen_what_waits(bool waits)
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var standby = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await tier.Primary.SetSynchronousStandbysAsync($"ANY 1 ({standby.ApplicationName})");
        await notes.InsertAsync(new Note(1, "before"));
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Source == AnswerSource.Replica);
        await standby.StopAsync();

        // Before anything waits the client has heard of a position behind what was seen.
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "SET synchronous_commit TO local; INSERT INTO notes (id, text) VALUES (9, 'later')");
        var written = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(async () =>
        {
            var since = TimeProvider.System.GetElapsedTime(written);
            var look = await notes.FindAsync(9, new ReadOptions { Consistency = ConsistencyLevel.Eventual });
            return look is { Value: not null, Source: AnswerSource.Replica } && look.Age < since;
        });
        var hung = waits ? UpdateAsync(tier) : Task.CompletedTask;
        await Eventually.TrueAsync(async () => await WaitingAsync(tier) == (waits ? 1 : 0));

        var write = await notes.InsertAsync(new Note(2, "follows"), Weak);

        Assert.Equal(WriteDurability.Local, write.Reached);
        await standby.StartAsync();
        await hung;
    }

    [Fact]
    public async Task A_connection_waits_no_longer_than_it_must()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var standby = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "before"));
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        await using var connection = await session.CreateDataSource("notes", OperationIntent.Write, writeOptions: Weak).OpenConnectionAsync();
        await using var ask = connection.CreateCommand();
        ask.CommandText = "SELECT current_setting('synchronous_commit')";
        var hung = await HideAsync(tier, standby, notes);
        Assert.Equal("on", await ask.ExecuteScalarAsync());

        await standby.ThawAsync();
        await hung;

        await Eventually.TrueAsync(async () => (string?)await ask.ExecuteScalarAsync() == "local");
    }

    [Fact]
    public async Task A_transaction_that_failed_can_be_ended_by_the_users_own_statement()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "one"));
        await using var connection = await session.CreateDataSource("notes", OperationIntent.Write, writeOptions: Weak).OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN";
        await command.ExecuteNonQueryAsync();
        command.CommandText = "SELECT 1 / 0";
        await Assert.ThrowsAnyAsync<DbException>(() => command.ExecuteScalarAsync());
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Source == AnswerSource.Replica);

        command.CommandText = "ROLLBACK";
        await command.ExecuteNonQueryAsync();
        command.CommandText = "INSERT INTO notes (id, text) VALUES (2, 'two')";
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    [Fact]
    public async Task A_promotion_is_followed_although_a_statement_of_a_user_was_confirmed_and_was_refused()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var west = tier.Replica("us-west-2");
        await tier.Primary.SetSynchronousStandbysAsync(west.ApplicationName);
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        await using (var connection = await session.CreateDataSource("notes", OperationIntent.Write).OpenConnectionAsync())
        {
            await using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO notes (id, text) VALUES (1, 'one')";
            await insert.ExecuteNonQueryAsync();
        }

        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), west.DirectConnectionString()));
        await tier.Primary.KillAsync();
        await west.PromoteAsync();

        await client.OpenSession().Repository<Note, long>().InsertAsync(new Note(2, "two"), new WriteOptions { Timeout = TimeSpan.FromSeconds(20), Durability = WriteDurability.Local });
    }

    [Fact]
    public async Task A_durability_that_a_user_has_set_is_not_lowered()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var standby = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "before"));
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        await using var connection = await session.CreateDataSource("notes", OperationIntent.Write, writeOptions: Weak).OpenConnectionAsync();
        await using var set = connection.CreateCommand();
        set.CommandText = "SELECT current_setting('synchronous_commit')";
        Assert.Equal("local", await set.ExecuteScalarAsync());
        var hung = await HideAsync(tier, standby, notes);

        Assert.Equal("on", await set.ExecuteScalarAsync());
        set.CommandText = "SET synchronous_commit TO remote_apply";
        await set.ExecuteNonQueryAsync();
        set.CommandText = "SELECT current_setting('synchronous_commit')";
        Assert.Equal("remote_apply", await set.ExecuteScalarAsync());

        await standby.ThawAsync();
        await hung;
    }

    /// <summary>Has the session read what waits for the standby, and returns what ends when it doesn't any more.</summary>
    private static async Task<Task> HideAsync(LiveTier tier, LocalNode standby, IRepository<Note, long> notes)
    {
        await standby.FreezeAsync();
        var hung = UpdateAsync(tier);
        await Eventually.TrueAsync(
            async () => await notes.FindAsync(1) is { Value.Text: "after", Source: AnswerSource.Replica }, because: "the replica shows the unacknowledged row");
        return hung;
    }

    private static Task UpdateAsync(LiveTier tier) =>
        Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "UPDATE notes SET text = 'after' WHERE id = 1", 60);

    private static Task<long> WaitingAsync(LiveTier tier) =>
        Sql.ScalarAsync<long>(tier.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

    private static Task<long> CountAsync(LocalNode server) =>
        Sql.ScalarAsync<long>(server.DirectConnectionString(), "SELECT count(*) FROM notes WHERE id = 2");

    private static async Task WriteAsync(string way, IDataSession session, DbConnection connection)
    {
        var note = new Note(2, "follows");
        switch (way)
        {
            case "entity":
                await session.Repository<Note, long>().InsertAsync(note, Weak);
                return;
            case "many":
                await session.Repository<Note, long>().InsertManyAsync(
                    Enumerable.Range(100, 500).Select(static id => new Note(id, "one of many")).Prepend(note), new BulkOptions { Durability = Weak.Durability });
                return;
            case "unit of work":
                await session.RunUnitOfWorkAsync(
                    "notes",
                    (unit, _) =>
                    {
                        unit.Repository<Note, long>().Insert(note);
                        return Task.CompletedTask;
                    },
                    new UnitOfWorkOptions { Durability = WriteDurability.Local, Timeout = Weak.Timeout });
                return;
        }

        await using var transaction = way == "transaction" ? await connection.BeginTransactionAsync() : null;
        await using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO notes (id, text) VALUES (2, 'follows')";
        insert.CommandTimeout = 60;
        await insert.ExecuteNonQueryAsync();
        if (transaction is not null)
        {
            await transaction.CommitAsync();
        }
    }
}
