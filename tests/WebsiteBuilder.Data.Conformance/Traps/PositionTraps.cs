using NpgsqlTypes;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Conformance.Traps;

/// <summary>Positions that look right and aren't, on real servers.</summary>
public class PositionTraps : LiveTests
{
    [Fact]
    public async Task The_position_of_a_write_never_stops_inside_another_transactions_record()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        using var stop = new CancellationTokenSource();
        var noise = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => LongRecordsAsync(tier.Primary, stop.Token)));
        var trapped = 0;
        var store = tier.Store(tier.Primary);
        var history = (await store.ReadHistoryAsync(default)).Id;
        await using var raw = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        for (var i = 0; i < 400 && (i < 150 || trapped < 3); i++)
        {
            var write = await store.WriteAsync(
                Note.Map,
                new EntityWrite<Note, long>(EntityWriteKind.Upsert, 1, new Note(1, $"{i}"), null),
                new WriteGuard(history, WriteDurability.Local),
                default);

            Assert.NotEqual(0ul, write.Position % 8_192);
            await Sql.ScalarAsync<object>(raw, $"UPDATE notes SET text = 'raw {i}' WHERE id = 1");
            trapped += (ulong)await Sql.ScalarAsync<NpgsqlLogSequenceNumber>(raw, "SELECT pg_current_wal_flush_lsn()") % 8_192 == 0 ? 1 : 0;
        }

        await stop.CancelAsync();
        await noise;
        Assert.True(trapped > 0, "The flush position never stopped at a page's end: the trap wasn't set.");
    }

    [Fact]
    public async Task After_a_log_switch_on_an_idle_primary_a_replica_still_has_all_that_a_primary_read_requires()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");

        // A sampler that finds the log at a page's end writes a marker, which would heal the trap; this one hardly samples.
        await using var client = await tier.ClientAsync("us-west-2", static options => options.Health.PositionSampleInterval = TimeSpan.FromMinutes(1));
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "one"));
        await Sql.ExecuteAsync(tier.Primary.AdminConnectionString(), "SELECT pg_switch_wal()");
        var inserted = (ulong)await Sql.ScalarAsync<NpgsqlLogSequenceNumber>(tier.Primary.DirectConnectionString(), "SELECT pg_current_wal_insert_lsn()");
        Assert.NotEqual(0ul, inserted % 8_192);

        await notes.FindAsync(1, new ReadOptions { Consistency = ConsistencyLevel.Strong });
        await Eventually.TrueAsync(
            async () => (await notes.FindAsync(1)).Source == AnswerSource.Replica,
            TimeSpan.FromSeconds(2),
            "the replica answers the session that read at the primary");
    }

    [Fact]
    public async Task What_shows_before_the_replay_position_moves_is_required_of_others()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var replica = tier.Store(tier.Replica("us-west-2"));
        await tier.Store(tier.Primary).ReadHistoryAsync(default);
        var ahead = 0;
        for (var round = 1; round <= 6 && ahead == 0; round++)
        {
            await CreateManyTablesAsync(tier.Primary);
            await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), tier.Replica("us-west-2").DirectConnectionString()));
            var commit = CommitThatDropsTablesAsync(tier.Primary, round);
            var reads = new List<ReadStamp>();
            while (reads.Count == 0 || !commit.IsCompleted || reads[^1].Lo <= (await commit).Before)
            {
                var read = await replica.FindAsync(Note.Map, round, default, default);
                if (read.Value is not null)
                {
                    reads.Add(read.Stamp);
                }
            }

            var (before, after) = await commit;
            ahead += reads.Count(stamp => stamp.Lo <= before);
            Assert.All(reads, stamp => Assert.True(
                stamp.Hi > before, $"The row was shown at {stamp.Lo}, requiring {stamp.Hi}, though its commit record begins at {before} and ends at {after}."));
        }

        Assert.True(ahead > 0, "No read saw the row before the position moved: the trap wasn't set.");
    }

    [Fact]
    public async Task The_same_replica_may_answer_again_before_it_has_replayed_the_next_record()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "one"));
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Source == AnswerSource.Replica);
        await tier.Replica("us-west-2").PauseReplayAsync();
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "INSERT INTO notes (id, text) VALUES (2, 'received, not replayed')");
        await Eventually.TrueAsync(() => Sql.ScalarAsync<bool>(
            tier.Replica("us-west-2").DirectConnectionString(), "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"));

        var first = await notes.FindAsync(1);
        var second = await notes.FindAsync(1);

        Assert.Equal(AnswerSource.Replica, first.Source);
        Assert.Equal(AnswerSource.Replica, second.Source);
    }

    private static async Task LongRecordsAsync(LocalNode primary, CancellationToken cancellationToken)
    {
        await using var connection = await Sql.OpenAsync(primary.DirectConnectionString());
        while (!cancellationToken.IsCancellationRequested)
        {
            await connection.ScalarAsync<object>("SELECT pg_logical_emit_message(false, 'noise', repeat('x', 400000))");
        }
    }

    private static Task CreateManyTablesAsync(LocalNode primary) => Sql.ExecuteAsync(
        primary.DirectConnectionString(),
        "DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format('CREATE TABLE doomed_%s (id int)', i); END LOOP; END $$",
        timeoutSeconds: 60);

    private static async Task<(ulong Before, ulong After)> CommitThatDropsTablesAsync(LocalNode primary, int id)
    {
        await using var connection = await Sql.OpenAsync(primary.DirectConnectionString(), 60);
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ScalarAsync<object>($"INSERT INTO notes (id, text) VALUES ({id}, 'early')");
        for (var from = 1; from <= 1_500; from += 500)
        {
            await connection.ScalarAsync<object>(
                $"DO $$ BEGIN FOR i IN {from}..{from + 499} LOOP EXECUTE format('DROP TABLE doomed_%s', i); END LOOP; END $$");
        }

        var before = (ulong)await connection.ScalarAsync<NpgsqlLogSequenceNumber>("SELECT pg_current_wal_insert_lsn()");
        await transaction.CommitAsync();
        return (before, (ulong)await connection.ScalarAsync<NpgsqlLogSequenceNumber>("SELECT pg_current_wal_flush_lsn()"));
    }
}
