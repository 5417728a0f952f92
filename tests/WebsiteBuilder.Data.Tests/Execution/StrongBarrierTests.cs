using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>A primary read believes the primary; behind a barrier, the standbys must believe in it too.</summary>
public sealed class StrongBarrierTests : IDisposable
{
    private static readonly ReadOptions PrimaryRead = new() { Consistency = ConsistencyLevel.Strong, Timeout = 2 * Second };
    private static readonly ReadOptions Barrier = PrimaryRead with { Barrier = StrongReadBarrier.Quorum };

    private readonly World _world = new();

    [Fact]
    public void Confirmed_standbys_let_it_answer()
    {
        _world.Shard.Synchronous("eu");
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));

        var read = _world.Run(users.FindAsync(user.Key, Barrier));

        Assert.True(read.Found);
        Assert.Equal(AnswerSource.Primary, read.Source);
    }

    [Fact]
    public void A_primary_whose_standbys_left_it_answers_primary_reads_only()
    {
        _world.Shard.Synchronous("eu");
        var users = _world.Users(America);
        _world.Run(users.FindAsync(Key(1), Barrier));
        _world.Eu.StopReceiving();

        Assert.False(_world.Run(users.FindAsync(Key(1), PrimaryRead)).Found);
        var (thrown, after) = _world.Throws<DeadlineExceededException>(() => users.FindAsync(Key(1), Barrier).AsTask());

        Assert.True(thrown.IsTransient);
        Assert.InRange(after, 2 * Second, (2 * Second) + TimeSpan.FromMilliseconds(1));
        Assert.False(_world.Run(users.FindAsync(Key(1), PrimaryRead)).Found);
    }

    [Fact]
    public void It_shows_nothing_that_the_standbys_lack()
    {
        _world.Shard.Synchronous("eu");
        var client = _world.Client(America);
        var writer = World.Users(client.OpenSession());
        var user = _world.NewUser();
        _world.Eu.StopReceiving();
        _world.Run(writer.InsertAsync(user, new WriteOptions { Durability = WriteDurability.Local }));
        var read = World.Users(client.OpenSession()).FindAsync(user.Key, Barrier).AsTask();
        _world.Time.Advance(Second);
        Assert.False(read.IsCompleted);

        _world.Eu.ResumeReceiving();

        Assert.True(_world.Run(read).Found);
    }

    [Fact]
    public void Without_standbys_it_fails_at_once_and_says_why()
    {
        var users = _world.Users();

        var (thrown, after) = _world.Throws<ConsistencyNotMetException>(() => users.FindAsync(Key(1), Barrier).AsTask());

        Assert.Contains("synchronous standbys", thrown.Message, StringComparison.Ordinal);
        Assert.False(thrown.IsTransient);
        Assert.True(after < Second);
    }

    [Fact]
    public void Other_levels_do_not_pay_for_it()
    {
        var users = _world.Users();
        var before = _world.Us.CountOf(SimulatedOperations.Writes);

        _world.Run(users.FindAsync(Key(1), Barrier with { Consistency = ConsistencyLevel.Session }));

        Assert.Equal(before, _world.Us.CountOf(SimulatedOperations.Writes));
    }

    public void Dispose() => _world.Dispose();
}
