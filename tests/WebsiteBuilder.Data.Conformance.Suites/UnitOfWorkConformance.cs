using System.Data;

namespace WebsiteBuilder.Data.Conformance;

/// <summary>What every store with transactions keeps of <see cref="IUnitOfWork"/>, shown on users.</summary>
/// <typeparam name="TFixture">The data tier, made once for the class.</typeparam>
public abstract class UnitOfWorkConformance<TFixture>(TFixture fixture) : IClassFixture<TFixture>, IAsyncLifetime
    where TFixture : class, IRepositoryFixture
{
    private static readonly DateTimeOffset Noon = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private IDataClient? _client;
    private IDataSession? _session;

    private IDataSession Session => _session!;

    private IRepository<User, UserKey> Users => Session.Repository<User, UserKey>();

    public async Task InitializeAsync()
    {
        _client = await fixture.CreateClientAsync();
        _session = _client.OpenSession();
    }

    public Task DisposeAsync() => _client is null ? Task.CompletedTask : fixture.ReleaseClientAsync(_client);

    [Fact]
    public async Task Staged_writes_are_applied_together()
    {
        var (one, other, gone, changed) = (NewUser(), NewUser(), NewUser(), NewUser());
        await Users.InsertAsync(gone);
        await Users.InsertAsync(changed);

        var result = await RunAsync(unit =>
        {
            var users = unit.Repository<User, UserKey>();
            users.Insert(one);
            users.Upsert(other);
            users.Delete(gone.Key, expectedVersion: 1);
            users.Update(changed with { Status = "changed" }, expectedVersion: 1);
            return Task.CompletedTask;
        });

        Assert.Equal(0, result.Version);
        Assert.NotEqual(default, result.Region);
        var found = (await Users.FindManyAsync([one.Key, other.Key, gone.Key, changed.Key])).Value.ToDictionary(static user => user.Key);
        Assert.Equal([1L, 1L, 2L], [found[one.Key].Version, found[other.Key].Version, found[changed.Key].Version]);
        Assert.Equal("changed", found[changed.Key].Status);
        Assert.False(found.ContainsKey(gone.Key));
    }

    [Fact]
    public async Task Nothing_is_applied_if_the_body_throws_and_what_it_throws_comes_as_it_is()
    {
        var user = NewUser();
        var thrown = new TimeoutException("mine");

        var caught = await Assert.ThrowsAsync<TimeoutException>(() => RunAsync(async unit =>
        {
            unit.Repository<User, UserKey>().Insert(user);
            Assert.NotNull(await unit.Repository<User, UserKey>().FindAsync(user.Key));
            throw thrown;
        }));

        Assert.Same(thrown, caught);
        Assert.False((await Users.FindAsync(user.Key)).Found);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_applied_if_one_write_is_contradicted_and_the_error_names_it(bool reads)
    {
        var (taken, fresh) = (NewUser(), NewUser());
        await Users.InsertAsync(taken);

        var conflict = await Assert.ThrowsAsync<ConflictException>(() => RunAsync(async unit =>
        {
            unit.Repository<User, UserKey>().Upsert(fresh);
            unit.Repository<User, UserKey>().Insert(NewUser() with { Email = taken.Email });
            if (reads)
            {
                await unit.Repository<User, UserKey>().FindAsync(fresh.Key);
            }
        }));

        Assert.Equal(
            (ConflictKind.AlreadyExists, WriteDisposition.NotApplied, "users.insert", "users_email_key"),
            (conflict.Kind, conflict.Disposition, conflict.Operation, conflict.Constraint));
        Assert.False((await Users.FindAsync(fresh.Key)).Found);
    }

    [Theory]
    [InlineData(7L, ConflictKind.VersionMismatch)]
    [InlineData(null, ConflictKind.NotFound)]
    public async Task A_write_that_misses_takes_the_others_with_it(long? expectedVersion, ConflictKind kind)
    {
        var (fresh, existing) = (NewUser(), NewUser());
        await Users.InsertAsync(existing);

        var conflict = await Assert.ThrowsAsync<ConflictException>(() => RunAsync(unit =>
        {
            unit.Repository<User, UserKey>().Insert(fresh);
            unit.Repository<User, UserKey>().Update(expectedVersion is null ? NewUser() : existing, expectedVersion);
            return Task.CompletedTask;
        }));

        Assert.Equal((kind, "users.update"), (conflict.Kind, conflict.Operation));
        Assert.False((await Users.FindAsync(fresh.Key)).Found);
    }

    [Fact]
    public async Task Reads_see_what_was_staged_before_and_others_do_not()
    {
        var user = NewUser();
        await RunAsync(async unit =>
        {
            var users = unit.Repository<User, UserKey>();
            Assert.Null(await users.FindAsync(user.Key));
            users.Insert(user);
            Assert.Equal(1, (await users.FindAsync(user.Key))!.Version);
            Assert.False((await Users.FindAsync(user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Found);
            users.Update(user with { Status = "twice" }, expectedVersion: 1);
            var query = Query.All<User>().In(fixture.Home).Where(UserMap.Email, Comparison.Equal, user.Email);
            Assert.Equal("twice", Assert.Single(await users.QueryAsync(query)).Status);
        });

        Assert.Equal(("twice", 2L), await StatusAsync(user));
    }

    [Fact]
    public async Task The_session_shows_what_a_unit_wrote_wherever_it_reads_next()
    {
        var user = NewUser();
        await Users.InsertAsync(user);
        for (var i = 1; i <= 20; i++)
        {
            await RunAsync(unit =>
            {
                unit.Repository<User, UserKey>().Update(user with { Status = $"s{i}" });
                return Task.CompletedTask;
            });

            Assert.Equal(($"s{i}", i + 1L), await StatusAsync(user));
        }
    }

    [Fact]
    public async Task A_key_of_another_shard_is_refused()
    {
        if (fixture.Home == fixture.Abroad)
        {
            return;
        }

        var abroad = NewUser() with { Key = new UserKey(fixture.Abroad, Guid.NewGuid()) };
        await Assert.ThrowsAsync<ArgumentException>("key", () => RunAsync(unit =>
        {
            unit.Repository<User, UserKey>().Insert(abroad);
            return Task.CompletedTask;
        }));
    }

    [Fact]
    public async Task A_unit_is_of_no_use_once_its_body_has_ended()
    {
        IUnitOfWorkRepository<User, UserKey>? kept = null;
        await RunAsync(unit =>
        {
            kept = unit.Repository<User, UserKey>();
            return Task.CompletedTask;
        });

        Assert.Throws<InvalidOperationException>(() => kept!.Insert(NewUser()));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await kept!.FindAsync(NewUser().Key));
    }

    [Fact]
    public async Task An_idempotency_key_applies_a_unit_once()
    {
        var user = NewUser();
        await Users.InsertAsync(user);
        var options = new UnitOfWorkOptions { IdempotencyKey = Guid.NewGuid().ToString() };
        var runs = 0;
        Task CountAsync(IUnitOfWork unit)
        {
            runs++;
            unit.Repository<User, UserKey>().Update(user with { Status = "once" });
            return Task.CompletedTask;
        }

        await RunAsync(CountAsync, options);
        await RunAsync(CountAsync, options);
        await RunAsync(static _ => throw new InvalidOperationException("what the first one changed stands in the way"), options);

        Assert.Equal(("once", 2L), await StatusAsync(user));
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_unit_that_was_refused_does_not_use_up_its_key()
    {
        var user = NewUser();
        var options = new UnitOfWorkOptions { IdempotencyKey = Guid.NewGuid().ToString() };
        Task Update(IUnitOfWork unit)
        {
            unit.Repository<User, UserKey>().Update(user with { Status = "late" });
            return Task.CompletedTask;
        }

        await Assert.ThrowsAsync<ConflictException>(() => RunAsync(Update, options));
        await Users.InsertAsync(user);
        await RunAsync(Update, options);

        Assert.Equal(("late", 2L), await StatusAsync(user));
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    public async Task A_snapshot_that_was_overtaken_is_refused_unless_the_body_may_run_again(IsolationLevel isolation)
    {
        var user = NewUser();
        await Users.InsertAsync(user);
        async Task RunOvertakenAsync(bool replaySafe)
        {
            var overtake = true;
            await RunAsync(
                async unit =>
                {
                    var users = unit.Repository<User, UserKey>();
                    var read = (await users.FindAsync(user.Key))!;
                    if (overtake)
                    {
                        overtake = false;
                        await Users.UpdateAsync(read with { Status = read.Status + "+" });
                    }

                    users.Update(read with { Status = read.Status + "!" });
                },
                new UnitOfWorkOptions { Isolation = isolation, ReplaySafe = replaySafe });
        }

        var refused = await Assert.ThrowsAsync<ConflictException>(() => RunOvertakenAsync(replaySafe: false));
        Assert.Equal((ConflictKind.Serialization, true), (refused.Kind, refused.IsTransient));
        Assert.Equal(("active+", 2L), await StatusAsync(user));
        await RunOvertakenAsync(replaySafe: true);
        Assert.Equal(("active++!", 4L), await StatusAsync(user));
    }

    [Fact]
    public async Task Counting_under_contention_loses_nothing()
    {
        var user = NewUser() with { Status = "0" };
        await Users.InsertAsync(user);
        var clients = Enumerable.Range(0, 4).Select(_ => _client!.OpenSession()).ToArray();

        await Task.WhenAll(clients.Select(async (session, i) =>
        {
            for (var turn = 0; turn < 5; turn++)
            {
                await session.RunUnitOfWorkAsync(
                    fixture.Home.ToString(),
                    async (unit, token) =>
                    {
                        var users = unit.Repository<User, UserKey>();
                        var read = (await users.FindAsync(user.Key, i % 2 == 0 ? RowLock.Update : RowLock.None, token))!;
                        users.Update(read with { Status = $"{int.Parse(read.Status, System.Globalization.CultureInfo.InvariantCulture) + 1}" });
                    },
                    new UnitOfWorkOptions { Isolation = IsolationLevel.RepeatableRead, ReplaySafe = true });
            }
        }));

        Assert.Equal(("20", 21L), await StatusAsync(user));
    }

    [Fact]
    public async Task Who_skips_what_is_locked_takes_something_else()
    {
        var mark = Guid.NewGuid().ToString("n")[..20];
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await Users.InsertAsync(NewUser() with { Status = mark });
        }

        var waiting = Query.All<User>().In(fixture.Home).Where(UserMap.Status, Comparison.Equal, mark).OrderBy(UserMap.Email).Take(2);
        await RunAsync(async unit =>
        {
            var taken = await unit.Repository<User, UserKey>().QueryAsync(waiting, RowLock.UpdateSkippingLocked);
            Assert.Equal(2, taken.Count);
            await RunAsync(async other =>
            {
                var left = await other.Repository<User, UserKey>().QueryAsync(waiting, RowLock.UpdateSkippingLocked);
                Assert.Empty(left.Select(static user => user.Key).Intersect(taken.Select(static user => user.Key)));
                Assert.Single(left);
            });
        });
    }

    [Fact]
    public async Task Odd_options_are_refused()
    {
        static Task Nothing(IUnitOfWork unit) => Task.CompletedTask;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RunAsync(Nothing, new UnitOfWorkOptions { Isolation = IsolationLevel.Chaos }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RunAsync(Nothing, new UnitOfWorkOptions { Timeout = TimeSpan.Zero }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RunAsync(Nothing, new UnitOfWorkOptions { IdempotencyKey = "" }));
        await Assert.ThrowsAsync<ArgumentException>(() => Session.RunUnitOfWorkAsync("nowhere", static (_, _) => Task.CompletedTask));
        await RunAsync(Nothing);
    }

    private Task<WriteResult> RunAsync(Func<IUnitOfWork, Task> body, UnitOfWorkOptions? options = null) =>
        Session.RunUnitOfWorkAsync(fixture.Home.ToString(), (unit, _) => body(unit), options);

    private async Task<(string Status, long Version)> StatusAsync(User user)
    {
        var found = (await Users.FindAsync(user.Key)).Value!;
        return (found.Status, found.Version);
    }

    private User NewUser()
    {
        var key = new UserKey(fixture.Home, Guid.NewGuid());
        return new User { Key = key, Email = $"{key.Id:n}@example.org", CreatedAt = Noon, UpdatedAt = Noon };
    }
}
