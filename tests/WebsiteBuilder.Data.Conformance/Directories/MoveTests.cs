using System.Globalization;
using System.Text.Json;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data.Conformance.Directories;

/// <summary>Users who move from one territory to another.</summary>
[Collection(DirectoryTier.Collection)]
public sealed class MoveTests(DirectoryTier tier)
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };

    [Fact]
    public async Task A_user_moves_with_all_that_is_stored_and_old_keys_and_names_lead_to_the_new_one()
    {
        var session = tier.East.OpenSession();
        var accounts = session.Accounts();
        var user = await NewUserAsync(session);

        var key = await accounts.MoveAsync(user.Key, DirectoryTier.Europe);

        Assert.Equal(user.Key with { Territory = DirectoryTier.Europe }, key);
        var found = (await accounts.FindAsync(user.Key)).Value!;
        Assert.Equal(key, found.Key);
        Assert.Equal(
            (user.Email, user.Username, user.Status, user.SubscriptionTier, user.CreatedAt, user.LastActive),
            (found.Email, found.Username, found.Status, found.SubscriptionTier, found.CreatedAt, found.LastActive));
        Assert.Equal("""{"name":"Ada","tags":[1,2.50]}""", JsonSerializer.Serialize(found.Profile).Replace(" ", "", StringComparison.Ordinal));
        Assert.Null(found.SecuritySettings);
        Assert.Equal(key, (await tier.West.OpenSession(session.Token).Accounts().FindByEmailAsync(user.Email)).Value!.Key);
        Assert.Equal(DirectoryTier.Europe, (await session.Directory().FindAsync(DirectoryName.Username(user.Username!))).Value!.Owner.Territory);

        // Whoever read the user before can't overwrite what came later.
        var users = session.Repository<User, UserKey>();
        var stale = await Assert.ThrowsAsync<ConflictException>(() => users.UpdateAsync(user, expectedVersion: 1));
        Assert.Equal(ConflictKind.NotFound, stale.Kind);
        Assert.Equal(2, found.Version);
        await Assert.ThrowsAsync<ConflictException>(() => users.UpdateAsync(user with { Key = key }, expectedVersion: 1));
        await users.UpdateAsync(found, found.Version);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Nothing_of_the_user_is_left_in_the_old_table()
    {
        var session = tier.East.OpenSession();
        var user = await NewUserAsync(session);
        await session.Accounts().MoveAsync(user.Key, DirectoryTier.Europe);
        var old = tier.Primary(DirectoryTier.America);

        Assert.Equal(0, await Sql.ScalarAsync<long>(old.DirectConnectionString(), $"SELECT count(*) FROM users WHERE id = '{user.Key.Id}' OR email = '{user.Email}'"));
        foreach (var table in new[] { "users", "wbd.forwarding", "wbd.directory_claim", "wbd.operation" })
        {
            await VanishesAsync(old, table);
        }

        await VanishesAsync(tier.Primary(DirectoryTier.Europe), "wbd.arrival");

        // A row that was deleted stays in the file for as long as some snapshot may see it.
        Task VanishesAsync(LocalNode node, string table) => Eventually.TrueAsync(
            async () =>
            {
                await Sql.ExecuteAsync(node.DirectConnectionString(), $"VACUUM FULL {table}");
                return await DirectoryJudge.IsAbsentAsync(node, user.Email, table);
            },
            because: $"nothing of the user is in {table}");
    }

    [Fact]
    public async Task A_chain_of_moves_is_followed_shortened_and_may_lead_back()
    {
        var session = tier.East.OpenSession();
        var accounts = session.Accounts();
        var user = await NewUserAsync(session);
        UserKey In(Territory territory) => user.Key with { Territory = territory };

        await accounts.MoveAsync(user.Key, DirectoryTier.Europe);
        await accounts.MoveAsync(user.Key, DirectoryTier.Global);
        Assert.Equal("emea", await DestinationAsync(user.Key));
        Assert.Equal(In(DirectoryTier.Global), (await accounts.FindAsync(user.Key)).Value!.Key);
        Assert.Equal("global", await DestinationAsync(user.Key));
        Assert.Equal(In(DirectoryTier.Global), (await accounts.FindAsync(user.Key)).Value!.Key);

        await accounts.MoveAsync(In(DirectoryTier.Europe), DirectoryTier.America);
        await accounts.MoveAsync(In(DirectoryTier.Global), DirectoryTier.Europe);
        await accounts.MoveAsync(In(DirectoryTier.Global), DirectoryTier.America);
        foreach (var territory in new[] { DirectoryTier.America, DirectoryTier.Europe, DirectoryTier.Global })
        {
            Assert.Equal(user.Key, (await accounts.FindAsync(In(territory))).Value!.Key);
        }

        Assert.Equal(user.Key, (await accounts.FindByEmailAsync(user.Email)).Value!.Key);
        Assert.Null(await DestinationAsync(user.Key));
        await accounts.ChangeEmailAsync(In(DirectoryTier.Global), $"{Guid.NewGuid():n}@example.org");
        await tier.West.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, user.Email));
        await accounts.DeleteAsync(In(DirectoryTier.Europe));
        Assert.False((await accounts.FindAsync(In(DirectoryTier.Europe))).Found);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    public static TheoryData<int, string> Stops()
    {
        var stops = new TheoryData<int, string>();
        foreach (var steps in Enumerable.Range(1, 4))
        {
            foreach (var repair in new[] { "by moving again", "by a reader", "by the job of the old territory", "by the job of the new territory" })
            {
                stops.Add(steps, repair);
            }
        }

        return stops;
    }

    [Theory]
    [MemberData(nameof(Stops))]
    public async Task A_move_that_stopped_after_any_step_leaves_one_user_and_goes_on(int steps, string repair)
    {
        var session = tier.East.OpenSession();
        var user = await NewUserAsync(session);
        await StopAsync(session, user.Key, steps);
        await DirectoryJudge.JudgeAsync(tier, settled: false);
        var other = tier.West.OpenSession(session.Token).Accounts();
        await Assert.ThrowsAsync<ConflictException>(() => other.CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, user.Email)));

        switch (repair)
        {
            case "by a reader":
                Assert.Equal(steps < 3 ? DirectoryTier.America : DirectoryTier.Europe, (await other.FindAsync(user.Key)).Value!.Key.Territory);
                Assert.Equal(user.Key.Id, (await other.FindByEmailAsync(user.Email)).Value!.Key.Id);
                await other.MoveAsync(user.Key, DirectoryTier.Europe);
                break;
            case "by the job of the old territory":
                Assert.Equal(steps < 3 ? 1 : 0, await other.FinishMovesAsync(DirectoryTier.America));
                await other.MoveAsync(user.Key, DirectoryTier.Europe);
                break;
            case "by the job of the new territory":
                Assert.Equal(steps is 2 or 3 ? 1 : 0, await other.FinishMovesAsync(DirectoryTier.Europe));
                await other.MoveAsync(user.Key, DirectoryTier.Europe);
                break;
            default:
                Assert.Equal(DirectoryTier.Europe, (await other.MoveAsync(user.Key, DirectoryTier.Europe)).Territory);
                break;
        }

        Assert.Equal(DirectoryTier.Europe, (await other.FindByEmailAsync(user.Email, Strong)).Value!.Key.Territory);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_moved_has_the_names_although_the_directory_was_not_told(bool renews)
    {
        var session = tier.East.OpenSession();
        var user = await NewUserAsync(session);
        await StopAsync(session, user.Key, 4);
        var name = DirectoryName.Email(user.Email);
        Assert.Equal(DirectoryTier.America, (await session.Directory().FindAsync(name, Strong)).Value!.Owner.Territory);

        if (renews)
        {
            Assert.DoesNotContain(user.Key.Id, (await session.Accounts().RenewAsync(DirectoryTier.Europe)).Select(static key => key.Id));
        }
        else
        {
            await session.Accounts().ChangeEmailAsync(user.Key, user.Email.ToUpperInvariant());
        }

        Assert.Equal(DirectoryTier.Europe, (await session.Directory().FindAsync(name, Strong)).Value!.Owner.Territory);
        Assert.False(await session.Directory().RenewAsync(name, new DirectoryOwner(DirectoryTier.America, user.Key.Id)));
        await session.Accounts().MoveAsync(user.Key, DirectoryTier.Europe);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Steps_of_a_move_that_come_late_have_no_effect()
    {
        var session = tier.East.OpenSession();
        var (accounts, users) = (session.Accounts(), session.Repository<User, UserKey>());
        var moves = new UserMoves(DirectoryTier.Scope(session));
        var user = await NewUserAsync(session);
        var (move, _) = (await moves.BeginAsync(user.Key, DirectoryTier.Europe, default))!.Value;
        var copy = (await moves.CopyAsync(move, default))!;
        var key = await accounts.MoveAsync(user.Key, DirectoryTier.Europe);
        var found = (await accounts.FindAsync(key)).Value!;
        await users.UpdateAsync(found with { Status = "later" }, found.Version);

        Assert.Null(await moves.CopyAsync(move, default));
        Assert.Equal(MoveProgress.Left, await moves.LeaveAsync(move, copy, default));
        Assert.False(await moves.CallOffAsync(move, default));
        await moves.ArriveAsync(new ArrivalKey(DirectoryTier.Europe, move.Id), default);
        Assert.Equal("later", (await accounts.FindAsync(user.Key)).Value!.Status);

        // And one that was called off.
        var (second, _) = (await moves.BeginAsync(key, DirectoryTier.America, default))!.Value;
        Assert.Null(await OffAsync(second));
        var again = (await accounts.FindAsync(key)).Value!;
        Assert.Equal(MoveProgress.Gone, await moves.LeaveAsync(second, UserCopy.Of(again, []), default));
        Assert.Equal(key, (await accounts.FindAsync(user.Key)).Value!.Key);
        await DirectoryJudge.JudgeAsync(tier, settled: true);

        async Task<UserCopy?> OffAsync(UserMove off)
        {
            Assert.True(await moves.CallOffAsync(off, default));
            return await moves.CopyAsync(off, default);
        }
    }

    [Fact]
    public async Task A_write_between_copy_and_leave_isn_t_lost()
    {
        var session = tier.East.OpenSession();
        var moves = new UserMoves(DirectoryTier.Scope(session));
        var user = await NewUserAsync(session);
        var (move, _) = (await moves.BeginAsync(user.Key, DirectoryTier.Europe, default))!.Value;
        var copy = (await moves.CopyAsync(move, default))!;
        await session.Repository<User, UserKey>().UpdateAsync(user with { Status = "written" }, 1);
        Assert.Equal(MoveProgress.Changed, await moves.LeaveAsync(move, copy, default));

        // Another kind of change: the names.
        copy = (await moves.CopyAsync(move, default))!;
        await session.Directory().ClaimAsync([DirectoryName.DomainName($"{user.Key.Id:n}.example")], new DirectoryOwner(user.Key.Territory, user.Key.Id), static (_, _) => Task.CompletedTask);
        Assert.Equal(MoveProgress.Changed, await moves.LeaveAsync(move, copy, default));

        var refused = await Assert.ThrowsAsync<ConflictException>(() => session.Accounts().DeleteAsync(user.Key));
        Assert.True(refused.IsTransient);
        var elsewhere = await Assert.ThrowsAsync<ConflictException>(() => session.Accounts().MoveAsync(user.Key, DirectoryTier.Global));
        Assert.True(elsewhere.IsTransient);
        await session.Accounts().MoveAsync(user.Key, DirectoryTier.Europe);

        Assert.Equal("written", (await session.Accounts().FindAsync(user.Key)).Value!.Status);
        Assert.Equal(DirectoryTier.Europe, (await session.Directory().FindAsync(DirectoryName.DomainName($"{user.Key.Id:n}.example"))).Value!.Owner.Territory);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_move_can_be_called_off_until_the_user_has_left(int steps)
    {
        var session = tier.East.OpenSession();
        var user = await NewUserAsync(session);
        await StopAsync(session, user.Key, steps);

        Assert.True(await session.Accounts().CancelMoveAsync(user.Key));
        Assert.False(await session.Accounts().CancelMoveAsync(user.Key));
        await DirectoryJudge.JudgeAsync(tier, settled: true);

        await StopAsync(session, user.Key, 3);
        Assert.False(await session.Accounts().CancelMoveAsync(user.Key));
        Assert.Equal(DirectoryTier.Europe, (await session.Accounts().FindAsync(user.Key)).Value!.Key.Territory);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task A_copy_whose_user_was_deleted_meanwhile_is_removed()
    {
        var session = tier.East.OpenSession();
        var user = await NewUserAsync(session);
        await StopAsync(session, user.Key, 2);
        await session.Directory().ReleaseAsync(
            new DirectoryOwner(user.Key.Territory, user.Key.Id),
            store: (unit, _) =>
            {
                unit.Repository<User, UserKey>().Delete(user.Key);
                return Task.CompletedTask;
            });

        Assert.Equal(1, await session.Accounts().FinishMovesAsync(DirectoryTier.Europe));

        Assert.False((await session.Accounts().FindAsync(user.Key)).Found);
        Assert.False((await session.Accounts().FindAsync(user.Key with { Territory = DirectoryTier.Europe })).Found);
        await Assert.ThrowsAsync<ConflictException>(() => session.Accounts().MoveAsync(user.Key, DirectoryTier.Europe));
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task A_user_can_t_move_to_where_another_one_has_the_address_without_the_directory()
    {
        var session = tier.East.OpenSession();
        var user = await NewUserAsync(session);
        var squatter = DirectoryTier.NewUser(DirectoryTier.Europe, user.Email);
        await session.Repository<User, UserKey>().InsertAsync(squatter);

        var refused = await Assert.ThrowsAsync<ConflictException>(() => session.Accounts().MoveAsync(user.Key, DirectoryTier.Europe));

        Assert.Equal((ConflictKind.AlreadyExists, false), (refused.Kind, refused.IsTransient));
        Assert.DoesNotContain(user.Email, refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(user.Key, (await session.Accounts().FindAsync(user.Key)).Value!.Key);
        await session.Repository<User, UserKey>().DeleteAsync(squatter.Key);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Users_who_are_read_and_written_while_they_move_are_never_missing_nor_twice_and_lose_no_write()
    {
        const int Writers = 3;
        const int WritesEach = 25;
        const int Moves = 6;
        var moved = 0;
        var written = 0;
        var user = await NewUserAsync(tier.East.OpenSession(), status: "0");
        using var done = new CancellationTokenSource();
        var moving = Task.Run(async () =>
        {
            for (var destination = DirectoryTier.Europe; !done.IsCancellationRequested; destination = destination == DirectoryTier.Europe ? DirectoryTier.America : DirectoryTier.Europe)
            {
                try
                {
                    await (moved % 2 == 0 ? tier.East : tier.West).OpenSession().Accounts().MoveAsync(user.Key, destination);
                    Interlocked.Increment(ref moved);
                }
                catch (ConflictException conflict) when (conflict.IsTransient)
                {
                    // Written too often; the next call goes on.
                }
            }
        });
        var reading = Task.Run(async () =>
        {
            var session = tier.West.OpenSession();
            var last = 0;
            while (!done.IsCancellationRequested)
            {
                var found = (await session.Accounts().FindAsync(user.Key, Strong)).Value;
                Assert.NotNull(found);
                var count = int.Parse(found.Status, CultureInfo.InvariantCulture);
                Assert.True(count >= last, "A strong read went back.");
                last = count;
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async i =>
        {
            var session = (i % 2 == 0 ? tier.East : tier.West).OpenSession();
            for (var own = 0; own < WritesEach || Volatile.Read(ref moved) < Moves;)
            {
                // Without a breath now and then nobody could copy what is written all the time.
                await Task.Delay(own < WritesEach ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50), TimeProvider.System);
                var found = (await session.Accounts().FindAsync(user.Key, Strong)).Value!;
                try
                {
                    var next = int.Parse(found.Status, CultureInfo.InvariantCulture) + 1;
                    await session.Repository<User, UserKey>().UpdateAsync(found with { Status = $"{next}" }, found.Version);
                    own++;
                    Interlocked.Increment(ref written);
                }
                catch (ConflictException)
                {
                    // Written or moved by another one; read again.
                }
            }
        }));
        await done.CancelAsync();
        await reading;
        await moving;

        var end = (await tier.East.OpenSession().Accounts().FindAsync(user.Key, Strong)).Value!;
        Assert.Equal($"{written}", end.Status);
        await tier.East.OpenSession().Accounts().MoveAsync(user.Key, DirectoryTier.Europe);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    private static async Task<User> NewUserAsync(IDataSession session, string status = "active")
    {
        var user = DirectoryTier.NewUser(DirectoryTier.America, username: $"u{Guid.NewGuid():n}") with
        {
            Profile = JsonSerializer.Deserialize<JsonElement>("""{ "name": "Ada", "tags": [1, 2.50] }"""),
            SubscriptionTier = "team",
            LastActive = new DateTimeOffset(2024, 3, 1, 9, 30, 15, 123, 456, TimeSpan.Zero),
            Status = status,
        };
        await session.Accounts().CreateAsync(user);
        return user;
    }

    /// <summary>The first steps of a move, as by a process that ends then.</summary>
    private static async Task StopAsync(IDataSession session, UserKey key, int steps)
    {
        var moves = new UserMoves(DirectoryTier.Scope(session));
        var (move, _) = (await moves.BeginAsync(key, DirectoryTier.Europe, default))!.Value;
        if (steps >= 2)
        {
            var copy = (await moves.CopyAsync(move, default))!;
            if (steps >= 3)
            {
                Assert.Equal(MoveProgress.Left, await moves.LeaveAsync(move, copy, default));
            }

            if (steps >= 4)
            {
                await moves.ArriveAsync(new ArrivalKey(DirectoryTier.Europe, move.Id), default);
            }
        }
    }

    private Task<string?> DestinationAsync(UserKey key) =>
        Sql.ScalarAsync<string>(tier.Primary(key.Territory).DirectConnectionString(), $"SELECT destination FROM wbd.forwarding WHERE id = '{key.Id}'");
}
