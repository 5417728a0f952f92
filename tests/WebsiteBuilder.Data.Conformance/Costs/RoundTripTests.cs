using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Costs;

/// <summary>What each operation costs in round trips and statements. Fewer is welcome; more must be meant.</summary>
public sealed class RoundTripTests(CountedTier tier) : IClassFixture<CountedTier>
{
    // A read of one row whose connection is known: the positions are part of the row.
    private const int StatementsOfKnownRead = 1;

    // A read of many rows whose connection is known: the query, the position after.
    private const int StatementsOfManyRows = 2;

    // Where it isn't known, or was looked at too long ago, the position before comes first.
    private const int StatementsOfLook = 1;

    // What a primary must prove to a session that has seen a replica: a flushed position, who holds locks, who is idle, and a snapshot.
    private const int StatementsOfProof = 4;

    // Begin, guard with durability, statement, commit, and where the log stands.
    private const int StatementsOfWrite = 5;

    private static readonly Cost Nothing = new(0, 0);

    [Theory]
    [InlineData(ConsistencyLevel.Eventual)]
    [InlineData(ConsistencyLevel.Session)]
    [InlineData(ConsistencyLevel.BoundedStaleness)]
    public async Task A_read_at_the_replica_is_one_round_trip(ConsistencyLevel level)
    {
        var (session, id) = await ReadableAsync();
        var options = new ReadOptions { Consistency = level, MaxStaleness = TimeSpan.FromMinutes(5) };

        var (primary, replica) = await CountAsync(async () =>
            Assert.Equal(AnswerSource.Replica, (await session.Repository<Note, long>().FindAsync(id, options)).Source));

        Assert.Equal(Nothing, primary);
        AssertAtMost(StatementsOfKnownRead, replica);
    }

    [Fact]
    public async Task A_strong_read_is_one_round_trip_to_the_primary()
    {
        var (_, id) = await ReadableAsync();
        var options = new ReadOptions { Consistency = ConsistencyLevel.Strong };

        var (primary, replica) = await CountAsync(() => tier.Client.OpenSession().Repository<Note, long>().FindAsync(id, options).AsTask());

        AssertAtMost(StatementsOfKnownRead, primary);
        Assert.Equal(Nothing, replica);
    }

    [Fact]
    public async Task A_strong_read_of_a_session_that_has_seen_a_replica_brings_its_proof_in_the_same_round_trip()
    {
        var (session, id) = await ReadableAsync();
        var options = new ReadOptions { Consistency = ConsistencyLevel.Strong };

        var (primary, replica) = await CountAsync(() => session.Repository<Note, long>().FindAsync(id, options).AsTask());

        AssertAtMost(StatementsOfProof + StatementsOfLook + StatementsOfKnownRead, primary);
        Assert.Equal(Nothing, replica);
    }

    [Fact]
    public async Task Many_keys_are_one_round_trip()
    {
        var (session, id) = await ReadableAsync();
        var keys = Enumerable.Range(0, 64).Select(offset => id + offset).ToArray();

        var (primary, replica) = await CountAsync(() => session.Repository<Note, long>().FindManyAsync(keys).AsTask());

        Assert.Equal(Nothing, primary);
        AssertAtMost(StatementsOfManyRows, replica);
    }

    [Fact]
    public Task An_insert_is_one_round_trip() => WriteAsync(static (notes, id) => notes.InsertAsync(new Note(id, "new")), exists: false);

    [Fact]
    public Task An_update_is_one_round_trip() => WriteAsync(static (notes, id) => notes.UpdateAsync(new Note(id, "new")));

    [Fact]
    public Task An_update_of_a_version_is_one_round_trip() => WriteAsync(static (notes, id) => notes.UpdateAsync(new Note(id, "new"), expectedVersion: 1));

    [Fact]
    public Task An_upsert_is_one_round_trip() => WriteAsync(static (notes, id) => notes.UpsertAsync(new Note(id, "new")));

    [Fact]
    public Task A_delete_is_one_round_trip() => WriteAsync(static (notes, id) => notes.DeleteAsync(id));

    [Fact]
    public Task A_write_under_an_idempotency_key_is_one_round_trip() =>
        WriteAsync(static (notes, id) => notes.UpsertAsync(new Note(id, "new"), new WriteOptions { IdempotencyKey = $"key-{id}" }));

    private static void AssertAtMost(int statements, Cost cost)
    {
        Assert.Equal(1, cost.RoundTrips);
        Assert.InRange(cost.Statements, 1, statements);
    }

    private async Task WriteAsync(Func<IRepository<Note, long>, long, Task> write, bool exists = true)
    {
        var notes = tier.Client.OpenSession().Repository<Note, long>();
        var ids = Enumerable.Range(0, 100).Select(_ => tier.NewId()).ToArray();
        if (exists)
        {
            foreach (var id in ids)
            {
                await notes.InsertAsync(new Note(id, "old"));
            }
        }

        var next = 0;
        var (primary, replica) = await CountAsync(() => write(notes, ids[next++]));

        AssertAtMost(StatementsOfWrite, primary);
        Assert.Equal(Nothing, replica);
    }

    /// <summary>
    /// The usual cost of one of many: connections are made and other things are asked now and then, so the middle of many counts.
    /// </summary>
    private async Task<(Cost Primary, Cost Replica)> CountAsync(Func<Task> operation)
    {
        var costs = new List<(Cost Primary, Cost Replica)>();
        for (var i = 0; i < 21; i++)
        {
            var (primary, replica) = (tier.Primary.Total, tier.Replica.Total);
            await operation();
            costs.Add((tier.Primary.Total - primary, tier.Replica.Total - replica));
        }

        return costs.GroupBy(static cost => cost).MaxBy(static group => group.Count())!.Key;
    }

    /// <summary>A session whose requirements the replica meets already, and a row that it has.</summary>
    private async Task<(IDataSession Session, long Id)> ReadableAsync()
    {
        var session = tier.Client.OpenSession();
        var id = tier.NewId();
        await session.Repository<Note, long>().InsertAsync(new Note(id, "old"));
        await Eventually.TrueAsync(tier.HasCaughtUpAsync);
        await Eventually.TrueAsync(async () => await session.Repository<Note, long>().FindAsync(id) is { Source: AnswerSource.Replica });
        return (session, id);
    }
}
