using System.Data;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Testing;

public sealed class SimulatedTransactionTests : IDisposable
{
    private static readonly UnitOfWorkOptions Again = new() { ReplaySafe = true };

    private readonly World _world = new();
    private readonly DataClient _client;

    public SimulatedTransactionTests()
    {
        _client = _world.Client();
        _world.Run(Users.UpsertAsync(World.User(1)));
        _world.Run(Users.UpsertAsync(World.User(2)));
    }

    private IRepository<User, UserKey> Users => World.Users(_client.OpenSession());

    [Fact]
    public void One_record_holds_all_of_a_unit()
    {
        var before = _world.Us.Log.Records.Count;

        _world.Run(Start(unit =>
        {
            unit.Insert(World.User(3, "1@example.net"));
            unit.Delete(World.Key(1));
            unit.Update(World.User(2, "1@example.org"));
            unit.Update(World.User(2, "2@example.net"));
            unit.Update(World.User(3, "1@example.org"));
            return Task.CompletedTask;
        }));

        Assert.Equal(3, Assert.Single(_world.Us.Log.Records.Skip(before)).Changes.Count);
        Assert.Equal("1@example.org", _world.Run(Users.FindAsync(World.Key(3))).Value!.Email);
        Assert.Equal(WriteDisposition.NotApplied, _world.Throws<ConflictException>(() => Users.InsertAsync(World.User(4, "1@example.org"))).Thrown.Disposition);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whoever_wants_a_locked_row_waits(bool isUnit)
    {
        var holds = Start(async unit =>
        {
            await unit.FindAsync(World.Key(1), RowLock.Update);
            await Task.Delay(World.Second, _world.Time);
            unit.Update(World.User(1) with { Status = "first" });
        });
        _world.Time.Advance(World.Second / 2);
        var waits = isUnit
            ? Start(async unit => unit.Update((await unit.FindAsync(World.Key(1), RowLock.Update))! with { Status = "second" }))
            : StartAll(() => Users.UpdateAsync(World.User(1) with { Status = "second" }));
        _world.Time.Advance(World.Second / 2);

        Assert.False(waits.IsCompleted);
        _world.Run(holds);
        _world.Run(waits);
        Assert.Equal(("second", 3L), Status(1));
    }

    [Fact]
    public void Who_closes_a_circle_of_waits_is_refused_and_runs_again()
    {
        var (one, other) = (Start(unit => ChangeBothAsync(unit, 1, 2), Again), Start(unit => ChangeBothAsync(unit, 2, 1), Again));

        _world.Run(Task.WhenAll(one, other), TimeSpan.FromSeconds(9));

        Assert.Equal((3L, 3L), (Status(1).Version, Status(2).Version));
    }

    [Fact]
    public void Locks_end_with_the_server()
    {
        var lost = Start(async unit =>
        {
            await unit.FindAsync(World.Key(1), RowLock.Update);
            await Task.Delay(5 * World.Second, _world.Time);
            unit.Update(World.User(1) with { Status = "lost" });
        });
        _world.Time.Advance(World.Second);
        _world.Us.Restart();

        _world.Run(Users.UpdateAsync(World.User(1) with { Status = "kept" }));
        _world.Throws<StoreFailureException>(() => lost);
        Assert.Equal(("kept", 2L), Status(1));
    }

    [Fact]
    public void Whoever_gives_up_waiting_locks_nothing_later()
    {
        using var patience = new CancellationTokenSource(World.Second / 2, _world.Time);
        var holds = Start(async unit =>
        {
            await unit.FindAsync(World.Key(1), RowLock.Update);
            await Task.Delay(World.Second, _world.Time);
        });
        _world.Time.Advance(World.Second / 4);
        var gone = StartAll(() => _client.OpenSession().RunUnitOfWorkAsync(
            "emea",
            async (unit, token) => await unit.Repository<User, UserKey>().FindAsync(World.Key(1), RowLock.Update, token),
            cancellationToken: patience.Token));

        _world.Throws<TaskCanceledException>(() => gone);
        _world.Run(holds);
        _world.Run(Users.UpdateAsync(World.User(1) with { Status = "free" }), World.Second);
    }

    [Theory]
    [InlineData(SimulatedFault.AnswerLost, true)]
    [InlineData(SimulatedFault.Interrupted, false)]
    public void A_lost_answer_is_asked_for(SimulatedFault fault, bool isApplied)
    {
        _world.Us.FailNext(fault, SimulatedOperations.Writes);
        var moved = Start(async unit => unit.Update((await unit.FindAsync(World.Key(1)))! with { Status = "once" }));

        if (isApplied)
        {
            _world.Run(moved);
            Assert.Equal(("once", 2L), Status(1));
            return;
        }

        var (thrown, _) = _world.Throws<StoreFailureException>(() => moved);
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);
        Assert.Equal(("active", 1L), Status(1));
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead, 0)]
    [InlineData(IsolationLevel.Serializable, 1)]
    public void Each_may_write_what_the_other_has_read_unless_they_are_serializable(IsolationLevel isolation, int refused)
    {
        var options = new UnitOfWorkOptions { Isolation = isolation };
        Task[] both = [Start(unit => ReadAndChangeAsync(unit, 1, 2), options), Start(unit => ReadAndChangeAsync(unit, 2, 1), options)];

        _world.Until(() => Array.TrueForAll(both, static unit => unit.IsCompleted));

        Assert.Equal(refused, both.Count(static unit => unit.Exception?.InnerException is ConflictException { Kind: ConflictKind.Serialization }));
    }

    public void Dispose() => _world.Dispose();

    private async Task ChangeBothAsync(IUnitOfWorkRepository<User, UserKey> unit, int first, int then)
    {
        var one = await unit.FindAsync(World.Key(first), RowLock.Update);
        await Task.Delay(World.Second, _world.Time);
        var other = await unit.FindAsync(World.Key(then), RowLock.Update);
        unit.Update(one! with { Status = "both" });
        unit.Update(other! with { Status = "both" });
    }

    private async Task ReadAndChangeAsync(IUnitOfWorkRepository<User, UserKey> unit, int read, int changed)
    {
        await unit.FindAsync(World.Key(read));
        await Task.Delay(World.Second, _world.Time);
        unit.Update(World.User(changed) with { Status = "changed" });
    }

    private Task<WriteResult> Start(Func<IUnitOfWorkRepository<User, UserKey>, Task> body, UnitOfWorkOptions? options = null) =>
        StartAll(() => _client.OpenSession().RunUnitOfWorkAsync("emea", (unit, _) => body(unit.Repository<User, UserKey>()), options));

    /// <summary>Begins as an event of the world, so that what follows runs there too.</summary>
    private Task<WriteResult> StartAll(Func<Task<WriteResult>> run)
    {
        Task<WriteResult>? started = null;
        _world.Do(() => started = run());
        return started!;
    }

    private (string Status, long Version) Status(int number)
    {
        var user = _world.Run(Users.FindAsync(World.Key(number), new ReadOptions { Consistency = ConsistencyLevel.Strong })).Value!;
        return (user.Status, user.Version);
    }
}
