using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Conformance.Outcomes;

/// <summary>What becomes of writes whose answer is missing, or that are sent twice.</summary>
public class OutcomeTests : LiveTests
{
    private static readonly RegionId East = RegionId.Parse("us-east-1");

    [Fact]
    public async Task A_write_whose_primary_freezes_between_commit_and_answer_is_known_by_the_next_one()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "old"));
        var (old, promoted) = (tier.Primary, tier.Replica("us-west-2"));
        tier.Local.Link(East, old).Hang(LinkDirection.ToClient);

        var write = notes.UpdateAsync(new Note(1, "new"), expectedVersion: 1, new WriteOptions { Timeout = TimeSpan.FromSeconds(30) });
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(promoted.DirectConnectionString(), "SELECT version FROM notes") == 2);
        await old.FreezeAsync();
        await promoted.PromoteAsync();
        var result = await write;

        Assert.Equal((promoted.Region, 2), (result.Region, result.Version));
        Assert.Equal(2L, await Sql.ScalarAsync<long>(promoted.DirectConnectionString(), "SELECT version FROM notes"));
        await old.ThawAsync();
        tier.Local.Link(East, old).Heal();
    }

    [Fact]
    public async Task Two_clients_with_one_idempotency_key_at_once_write_once()
    {
        await using var tier = await StartAsync("us-east-1");
        await using var one = await tier.ClientAsync("us-east-1");
        await using var other = await tier.ClientAsync("us-east-1");
        var repositories = new[] { one, other }.Select(static client => client.OpenSession().Repository<Note, long>()).ToArray();
        for (var i = 1; i <= 50; i++)
        {
            var (note, once) = (new Note(i, "once"), new WriteOptions { IdempotencyKey = $"order {i}" });

            var results = await Task.WhenAll(repositories.Select(notes => i % 2 == 0 ? notes.InsertAsync(note, once) : notes.UpsertAsync(note, once)));

            Assert.All(results, result => Assert.Equal(i % 2 == 0 ? 1 : 0, result.Version));
        }

        var direct = tier.Primary.DirectConnectionString();
        Assert.Equal(50L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM notes WHERE version = 1"));
        Assert.Equal(50L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation WHERE request IS NOT NULL"));
        var reused = await Assert.ThrowsAsync<ConflictException>(
            () => repositories[0].InsertAsync(new Note(1_000, "once"), new WriteOptions { IdempotencyKey = "order 2" }));
        Assert.Equal((ConflictKind.IdempotencyKeyReused, WriteDisposition.NotApplied), (reused.Kind, reused.Disposition));
        Assert.Equal(50L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task What_was_abandoned_is_believed_only_when_the_standby_has_it_and_a_late_original_then_applies_nothing()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var (store, standby) = (tier.Store(tier.Primary), tier.Replica("us-west-2"));
        var history = await store.ReadHistoryAsync(default);
        var guard = new WriteGuard(history.Id, WriteDurability.RemoteFlush);
        var operation = new OperationRows(Guid.NewGuid(), null);
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        await standby.FreezeAsync();

        var resolving = store.ResolveAsync(operation.Attempt, abandon: true, guard, default);
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(
            tier.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 1);
        Assert.False(resolving.IsCompleted);
        await standby.ThawAsync();
        var resolved = await resolving;
        var late = await Assert.ThrowsAsync<StoreFaultException>(() => store.WriteAsync(
            Note.Map, new EntityWrite<Note, long>(EntityWriteKind.Upsert, 1, new Note(1, "late"), null), guard with { Operation = operation }, default));

        Assert.Equal((OperationOutcome.Abandoned, WriteDurability.RemoteFlush), (resolved.Outcome, resolved.Reached));
        Assert.Equal((StoreFaultKind.OperationKnown, WriteDisposition.NotApplied), (late.Kind, late.Disposition));
        Assert.Equal(0L, await Sql.ScalarAsync<long>(tier.Primary.DirectConnectionString(), "SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task A_refusal_whose_answer_is_lost_is_the_refusal_that_it_was_on_a_real_server()
    {
        await using var tier = await StartAsync("us-east-1");
        var store = tier.Store(tier.Primary);
        var history = await store.ReadHistoryAsync(default);
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "INSERT INTO notes (id, text) VALUES (1, 'one')");
        foreach (var (id, expected, outcome) in new[]
        {
            (1, 7, OperationOutcome.VersionMismatch), (2, 7, OperationOutcome.NotFound), (2, (long?)null, OperationOutcome.NotFound), (1, 1, OperationOutcome.Applied),
        })
        {
            var operation = new OperationRows(Guid.NewGuid(), null);
            var guard = new WriteGuard(history.Id, WriteDurability.Local, operation);
            var write = store.WriteAsync(Note.Map, new EntityWrite<Note, long>(EntityWriteKind.Update, id, new Note(id, "new"), expected), guard, default);
            await Task.WhenAny(write);

            var stored = await store.ResolveAsync(operation.Attempt, abandon: true, guard, default);

            Assert.Equal((outcome, outcome == OperationOutcome.Applied ? 2 : 0), (stored.Outcome, stored.Version));
            Assert.Equal(outcome == OperationOutcome.Applied, write.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task Old_rows_are_swept_by_turns_and_keys_stay_longer()
    {
        await using var tier = await StartAsync("us-east-1");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        var (direct, store) = (tier.Primary.DirectConnectionString(), tier.Store(tier.Primary));
        await Sql.ExecuteAsync(
            direct,
            "INSERT INTO wbd.operation (id, version, created_at, outcome) SELECT gen_random_uuid(), 0, now() - interval '3 hours', 1 FROM generate_series(1, 20000)");
        await notes.InsertAsync(new Note(1, "kept"), new WriteOptions { IdempotencyKey = "kept" });
        await Sql.ExecuteAsync(direct, "UPDATE wbd.operation SET created_at = now() - interval '3 hours' WHERE request IS NOT NULL");

        var steps = 1;
        for (; await store.SweepAsync(OperationSweeper.Retention, default); steps++)
        {
            Assert.True(steps < 100);
        }

        Assert.InRange(steps, 2, 99);
        Assert.Equal(2L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation"));
        Assert.Equal(1, (await notes.InsertAsync(new Note(1, "kept"), new WriteOptions { IdempotencyKey = "kept" })).Version);
        await Sql.ExecuteAsync(direct, "UPDATE wbd.operation SET created_at = now() - interval '25 hours'");
        Assert.False(await store.SweepAsync(OperationSweeper.Retention, default));
        Assert.NotEqual(0L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation"));
        await Sql.ExecuteAsync(direct, "UPDATE wbd.operation_sweep SET began_at = '-infinity'");
        while (await store.SweepAsync(OperationSweeper.Retention, default))
        {
        }

        Assert.Equal(0L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation"));
    }
}
