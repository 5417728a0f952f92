using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class WriteTests : IDisposable
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };
    private readonly World _world = new();

    [Theory]
    [InlineData(SimulatedFault.AnswerLost, true)]
    [InlineData(SimulatedFault.Interrupted, false)]
    [InlineData(SimulatedFault.Unknown, false)]
    public void Without_an_operation_row_an_unclear_outcome_is_ambiguous_and_not_sent_again(SimulatedFault fault, bool applied)
    {
        var client = _world.Cluster.CreateClient(
            RegionId.Parse(Europe), static entities => entities.Add(UserMap.Map, UserMap.Policy with { Resolvable = false }));
        _world.Run(client.WaitUntilReadyAsync());
        var users = World.Users(client.OpenSession());
        var user = _world.NewUser();
        _world.Us.FailNext(fault, SimulatedOperations.Writes);

        var (thrown, _) = _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user));

        Assert.Equal(WriteDisposition.Ambiguous, thrown.Disposition);
        Assert.Equal(1, thrown.Attempts);
        Assert.Equal("users.insert", thrown.Operation);
        Assert.Equal(1, _world.Us.CountOf(SimulatedOperations.Writes));
        Assert.Equal(0, _world.Us.CountOf(SimulatedOperations.Resolutions));
        Assert.Equal(applied, _world.Run(users.FindAsync(user.Key, Strong)).Found);
        _world.DisposeOf(client);
    }

    [Theory]
    [InlineData(SimulatedFault.Unreachable)]
    [InlineData(SimulatedFault.WrongRole)]
    public void A_write_that_surely_was_not_applied_is_sent_again(SimulatedFault fault)
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Us.FailNext(fault, SimulatedOperations.Writes);

        Assert.Equal(1, _world.Run(users.InsertAsync(user)).Version);
        Assert.Equal(2, _world.Us.CountOf(SimulatedOperations.Writes));
    }

    [Fact]
    public void A_hung_primary_makes_the_write_ambiguous_at_the_deadline_and_may_still_apply_it()
    {
        // Whether the write or the word to give it up comes first when the server goes on is a matter of chance.
        Assert.Contains(Enumerable.Range(1, 8), static seed =>
        {
            using var world = new World(seed);
            var users = world.Users();
            var user = world.NewUser();
            world.Us.Hang();

            var (_, after) = world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user, new WriteOptions { Timeout = 2 * Second }));
            Assert.Equal(2 * Second, after);

            world.Us.Heal();
            world.Time.Advance(Second);
            return world.Run(users.FindAsync(user.Key, Strong)).Found;
        });
    }

    [Fact]
    public void Conflicts_tell_their_kind()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));

        Assert.Equal((ConflictKind.AlreadyExists, "users_pkey"), Conflict(() => users.InsertAsync(user)));
        Assert.Equal((ConflictKind.AlreadyExists, "users_email_key"), Conflict(() => users.InsertAsync(User(100, user.Email))));
        Assert.Equal((ConflictKind.VersionMismatch, null), Conflict(() => users.UpdateAsync(user, expectedVersion: 7)));
        Assert.Equal((ConflictKind.NotFound, null), Conflict(() => users.UpdateAsync(User(101))));
        Assert.Equal((ConflictKind.NotFound, null), Conflict(() => users.DeleteAsync(Key(101), expectedVersion: 1)));
        Assert.Equal((ConflictKind.Constraint, null), Conflict(() => users.InsertAsync(User(102) with { Email = null! })));
        _world.Us.FailNext(SimulatedFault.Serialization, SimulatedOperations.Writes);
        var (thrown, _) = _world.Throws<ConflictException>(() => users.UpdateAsync(user));
        Assert.Equal(ConflictKind.Serialization, thrown.Kind);
        Assert.True(thrown.IsTransient);
    }

    [Fact]
    public void A_conflict_shows_what_is_there_so_the_next_read_shows_it_too()
    {
        var user = _world.NewUser();
        var users = _world.Users();
        _world.Eu.PauseReplay();
        _world.Run(_world.Users(America).InsertAsync(user));
        _world.Throws<ConflictException>(() => users.InsertAsync(user));

        Assert.True(_world.Run(users.FindAsync(user.Key)).Found);
    }

    [Fact]
    public void A_full_primary_throttles()
    {
        var users = _world.Users();
        _world.Us.FailNext(SimulatedFault.Throttled, SimulatedOperations.Writes);

        var (thrown, _) = _world.Throws<ThrottledException>(() => users.InsertAsync(_world.NewUser()));

        Assert.True(thrown.IsTransient);
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);
    }

    [Fact]
    public void What_the_store_refuses_is_refused()
    {
        var users = _world.Users();

        var (thrown, _) = _world.Throws<StoreFailureException>(() => users.InsertAsync(_world.NewUser() with { Status = new string('x', 21) }));

        Assert.Equal("22001", thrown.Code);
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);
    }

    [Fact]
    public void Without_a_primary_a_write_fails_at_the_deadline_and_counts_why()
    {
        var client = _world.Client();
        _world.Us.Kill();
        _world.Until(() => client.Topology.Shards[0].State == ShardState.NoPrimary);

        var (thrown, after) = _world.Throws<NoEligibleRegionException>(() =>
            Users(client.OpenSession()).InsertAsync(_world.NewUser(), new WriteOptions { Timeout = 2 * Second }));

        Assert.Equal(2 * Second, after);
        Assert.Equal(2, thrown.Excluded["not the primary"]);
        Assert.Equal(1, thrown.Excluded["unhealthy"]);
    }

    [Fact]
    public void Cancellation_on_the_way_ends_the_wait_and_not_the_write()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        using var source = new CancellationTokenSource();
        var write = users.InsertAsync(user, cancellationToken: source.Token);
        _world.Time.Advance(TimeSpan.FromMilliseconds(10));

        _world.Do(source.Cancel);
        Assert.True(write.IsCanceled);

        _world.Time.Advance(Second);
        Assert.True(_world.Run(users.FindAsync(user.Key, Strong)).Found);
    }

    [Theory]
    [InlineData(WriteDurability.Off, WriteDurability.Off)]
    [InlineData(WriteDurability.Local, WriteDurability.Local)]
    [InlineData(WriteDurability.RemoteApply, WriteDurability.Local)]
    public void Without_synchronous_standbys_the_primary_alone_is_reached(WriteDurability asked, WriteDurability reached)
    {
        var users = _world.Users();
        Assert.Equal(reached, _world.Run(users.InsertAsync(_world.NewUser(), new WriteOptions { Durability = asked })).Reached);
    }

    [Fact]
    public void Remote_apply_waits_until_the_standby_shows_it()
    {
        _world.Shard.Synchronous("eu");
        _world.Eu.ReplicationDelay = TimeSpan.FromMilliseconds(200);
        var users = _world.Users();
        var user = _world.NewUser();

        var write = users.InsertAsync(user, new WriteOptions { Durability = WriteDurability.RemoteApply });

        Assert.Equal(WriteDurability.RemoteApply, _world.Run(write).Reached);
        Assert.Equal("eu", _world.Run(users.FindAsync(user.Key)).Endpoint);
    }

    public void Dispose() => _world.Dispose();

    private (ConflictKind Kind, string? Constraint) Conflict(Func<Task> write)
    {
        var (thrown, _) = _world.Throws<ConflictException>(write);
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);
        return (thrown.Kind, thrown.Constraint);
    }
}
