using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>What becomes of writes whose answer is missing.</summary>
public sealed class ResolvingTests : IDisposable
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };
    private static readonly WriteOptions Patient = new() { Timeout = 20 * Second };
    private readonly World _world = new();

    [Theory]
    [InlineData(SimulatedFault.AnswerLost, 1)]
    [InlineData(SimulatedFault.Interrupted, 2)]
    [InlineData(SimulatedFault.Unknown, 2)]
    public void A_lost_answer_is_found_out_and_what_was_not_applied_is_sent_again(SimulatedFault fault, int attempts)
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Us.FailNext(fault, SimulatedOperations.Writes);

        var result = _world.Run(users.InsertAsync(user));

        Assert.Equal((1, RegionId.Parse(America)), (result.Version, result.Region));
        Assert.Equal(attempts, _world.Us.CountOf(SimulatedOperations.Writes));
        Assert.Equal(1, _world.Us.CountOf(SimulatedOperations.Resolutions));
        Assert.True(_world.Run(users.FindAsync(user.Key)).Found);
    }

    [Fact]
    public void A_question_whose_answer_is_lost_is_asked_again()
    {
        var users = _world.Users();
        _world.Us.FailNext(SimulatedFault.Interrupted, SimulatedOperations.Writes);
        _world.Us.FailNext(SimulatedFault.AnswerLost, SimulatedOperations.Resolutions, 3);

        Assert.Equal(1, _world.Run(users.InsertAsync(_world.NewUser())).Version);
        Assert.Equal(4, _world.Us.CountOf(SimulatedOperations.Resolutions));
        Assert.Equal(2, _world.Us.CountOf(SimulatedOperations.Writes));
    }

    [Theory]
    [InlineData(true, ConflictKind.VersionMismatch)]
    [InlineData(false, ConflictKind.NotFound)]
    public void A_refusal_whose_answer_is_lost_is_the_refusal_that_it_was(bool exists, ConflictKind kind)
    {
        var users = _world.Users();
        var user = _world.NewUser();
        if (exists)
        {
            _world.Run(users.InsertAsync(user));
        }

        _world.Us.FailNext(SimulatedFault.AnswerLost, SimulatedOperations.Writes);
        var (thrown, _) = _world.Throws<ConflictException>(() => users.UpdateAsync(user, expectedVersion: 7));

        Assert.Equal((kind, WriteDisposition.NotApplied), (thrown.Kind, thrown.Disposition));
        Assert.Equal(1, thrown.Attempts);
    }

    [Fact]
    public void A_write_that_a_promotion_kept_is_known_by_the_new_primary()
    {
        _world.Shard.Synchronous("eu");
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Us.FailNext(SimulatedFault.AnswerLost, SimulatedOperations.Writes);
        _world.Us.FailNext(SimulatedFault.Unreachable, SimulatedOperations.Resolutions, 1_000);
        var write = users.InsertAsync(user, Patient);
        _world.Time.Advance(Second);
        Assert.False(write.IsCompleted);

        _world.Us.Kill();
        _world.Shard.PromoteSafely();
        var result = _world.Run(write);

        Assert.Equal((1, RegionId.Parse(Europe)), (result.Version, result.Region));
        Assert.Equal(1, _world.Run(users.FindAsync(user.Key, Strong)).Value!.Version);
    }

    [Fact]
    public void A_frozen_primary_is_left_as_soon_as_another_one_is_known()
    {
        _world.Shard.Synchronous("eu");
        _world.Us.Latency = Second;
        var users = _world.Users();
        var user = _world.NewUser();
        var write = users.InsertAsync(user, Patient);
        _world.Until(() => _world.Eu.Rows.Find("users", WebsiteBuilder.Data.Testing.Simulated.WriteDecision.KeyOf(UserMap.Map, user.Key)) is not null);

        _world.Us.Hang();
        _world.Shard.PromoteSafely();
        var start = _world.Time.Elapsed;
        Assert.Equal(RegionId.Parse(Europe), _world.Run(write).Region);
        Assert.True(_world.Time.Elapsed - start < 10 * Second);

        _world.Us.Heal();
        _world.Time.Advance(5 * Second);
        Assert.Equal(1, _world.Run(users.FindAsync(user.Key, Strong)).Value!.Version);
    }

    [Fact]
    public void A_write_that_a_promotion_may_have_lost_stays_ambiguous()
    {
        var users = _world.Users();
        _world.Eu.StopReceiving();
        _world.Us.FailNext(SimulatedFault.AnswerLost, SimulatedOperations.Writes);
        _world.Us.FailNext(SimulatedFault.Unreachable, SimulatedOperations.Resolutions, 1_000);
        var user = _world.NewUser();
        var write = users.InsertAsync(user, Patient);
        _world.Time.Advance(Second);
        _world.Us.Kill();
        _world.Shard.Promote("eu");

        Assert.Throws<AmbiguousWriteException>(() => _world.Run(write));
        Assert.False(_world.Run(_world.Users(Asia).FindAsync(user.Key, Strong)).Found);
    }

    [Fact]
    public void Nobody_to_ask_until_the_deadline_is_ambiguous()
    {
        var users = _world.Users();
        _world.Us.FailNext(SimulatedFault.AnswerLost, SimulatedOperations.Writes);
        _world.Us.FailNext(SimulatedFault.Unreachable, SimulatedOperations.Resolutions, 1_000);

        var (thrown, after) = _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(_world.NewUser(), Patient));

        Assert.InRange(after, 20 * Second, (20 * Second) + TimeSpan.FromMilliseconds(1));
        Assert.Equal((WriteDisposition.Ambiguous, 1), (thrown.Disposition, thrown.Attempts));
    }

    [Fact]
    public void A_write_that_waits_too_long_for_a_row_is_given_up_for_good()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));
        _world.Shard.Synchronous("ap");
        _world.Ap.StopReceiving();
        var first = users.UpdateAsync(user with { Username = "first" }, options: new WriteOptions { Timeout = 600 * Second });
        _world.Time.Advance(Second);

        var (thrown, after) = _world.Throws<DeadlineExceededException>(
            () => users.UpdateAsync(user with { Username = "second" }, options: new WriteOptions { Timeout = 4 * Second, Durability = WriteDurability.Local }));

        Assert.InRange(after, 3 * Second, 4 * Second);
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);
        _world.Ap.ResumeReceiving();
        _world.Run(first);
        _world.Time.Advance(5 * Second);
        Assert.Equal((2, "first"), (_world.Run(users.FindAsync(user.Key, Strong)).Value!.Version, _world.Run(users.FindAsync(user.Key, Strong)).Value!.Username));
    }

    [Fact]
    public void The_callers_own_cancellation_ends_the_asking()
    {
        var users = _world.Users();
        _world.Us.FailNext(SimulatedFault.AnswerLost, SimulatedOperations.Writes);
        _world.Us.FailNext(SimulatedFault.Unreachable, SimulatedOperations.Resolutions, 1_000);
        using var source = new CancellationTokenSource();
        var write = users.InsertAsync(_world.NewUser(), Patient, source.Token);
        _world.Time.Advance(Second);

        _world.Do(source.Cancel);
        _world.Time.Advance(Second);

        Assert.True(write.IsCanceled);
    }

    [Fact]
    public void What_was_abandoned_is_durable_before_it_is_sent_again()
    {
        _world.Shard.Synchronous("ap");
        _world.Ap.StopReceiving();
        var users = _world.Users();
        _world.Us.FailNext(SimulatedFault.Interrupted, SimulatedOperations.Writes);

        var write = users.InsertAsync(_world.NewUser(), Patient);
        _world.Time.Advance(10 * Second);
        Assert.Equal(1, _world.Us.CountOf(SimulatedOperations.Writes));

        _world.Ap.ResumeReceiving();
        Assert.Equal(WriteDurability.RemoteFlush, _world.Run(write).Reached);
        Assert.Equal(2, _world.Us.CountOf(SimulatedOperations.Writes));
    }

    [Fact]
    public void Old_rows_are_swept_in_the_background()
    {
        var users = _world.Users();
        _world.Run(users.InsertAsync(_world.NewUser()));
        Assert.Single(_world.Us.Rows.Operations(static _ => true));

        _world.Time.Advance(TimeSpan.FromMinutes(90));
        Assert.Single(_world.Us.Rows.Operations(static _ => true));
        _world.Time.Advance(TimeSpan.FromMinutes(60));

        Assert.Empty(_world.Us.Rows.Operations(static _ => true));
        Assert.Empty(_world.Eu.Rows.Operations(static _ => true));
    }

    public void Dispose() => _world.Dispose();
}
