using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data.Conformance.Directories;

/// <summary>Names that are unique over two databases.</summary>
[Collection(DirectoryTier.Collection)]
public sealed class ClaimTests(DirectoryTier tier)
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };

    [Fact]
    public async Task A_user_is_found_by_either_name_from_anywhere_and_renamed_and_deleted()
    {
        var session = tier.East.OpenSession();
        var accounts = session.Accounts();
        var unique = Guid.NewGuid().ToString("n")[..12];
        var user = DirectoryTier.NewUser(DirectoryTier.America, $"Ada.{unique}@Example.org", $"Ada_{unique}");

        Assert.True((await accounts.CreateAsync(user)).Confirmed);

        var elsewhere = tier.West.OpenSession(session.Token).Accounts();
        var found = await elsewhere.FindByEmailAsync($" ada.{unique}@EXAMPLE.ORG");
        Assert.Equal((user.Key, user.Email), (found.Value!.Key, found.Value.Email));
        Assert.Equal(user.Key, (await elsewhere.FindByUsernameAsync($"ADA_{unique}")).Value!.Key);
        var match = (await tier.West.OpenSession(session.Token).Directory().FindAsync(DirectoryName.Email(user.Email))).Value!;
        Assert.Equal(new DirectoryMatch(new DirectoryOwner(DirectoryTier.America, user.Key.Id), Confirmed: true), match);

        await accounts.ChangeEmailAsync(user.Key, $"countess.{unique}@example.org");
        await accounts.ChangeUsernameAsync(user.Key, $"countess_{unique}");
        Assert.False((await accounts.FindByEmailAsync(user.Email)).Found);
        Assert.Equal($"countess_{unique}", (await accounts.FindByEmailAsync($"countess.{unique}@example.org")).Value!.Username);
        var next = DirectoryTier.NewUser(DirectoryTier.Europe, user.Email, user.Username);
        await elsewhere.CreateAsync(next);
        Assert.Equal(next.Key, (await accounts.FindByEmailAsync(user.Email, Strong)).Value!.Key);

        await accounts.DeleteAsync(user.Key);
        await elsewhere.DeleteAsync(next.Key);
        Assert.False((await accounts.FindByEmailAsync($"countess.{unique}@example.org")).Found);
        Assert.False((await elsewhere.FindAsync(next.Key)).Found);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task A_name_that_another_one_has_is_refused_and_nothing_is_stored()
    {
        var (east, west) = (tier.East.OpenSession().Accounts(), tier.West.OpenSession().Accounts());
        var first = DirectoryTier.NewUser(DirectoryTier.America, username: Name());
        await east.CreateAsync(first);

        var sameEmail = DirectoryTier.NewUser(DirectoryTier.Europe, first.Email.ToUpperInvariant(), Name());
        var sameName = DirectoryTier.NewUser(DirectoryTier.Europe, username: first.Username!.ToUpperInvariant());
        foreach (var second in new[] { sameEmail, sameName })
        {
            var refused = await Assert.ThrowsAsync<ConflictException>(() => west.CreateAsync(second));
            Assert.Equal((ConflictKind.AlreadyExists, WriteDisposition.NotApplied, false), (refused.Kind, refused.Disposition, refused.IsTransient));
            Assert.DoesNotContain(first.Email, refused.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(first.Username, refused.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.False((await west.FindAsync(second.Key, Strong)).Found);
        }

        // What was free stays free.
        await west.CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, sameName.Email, sameEmail.Username));
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Of_two_regions_that_claim_one_email_at_once_one_has_it()
    {
        var outcomes = new List<(User[] Users, bool[] Won)>();
        foreach (var batch in Enumerable.Range(0, 200).Chunk(20))
        {
            outcomes.AddRange(await Task.WhenAll(batch.Select(async _ =>
            {
                var email = $"{Guid.NewGuid():n}@contested.example";
                User[] users = [DirectoryTier.NewUser(DirectoryTier.America, email), DirectoryTier.NewUser(DirectoryTier.Europe, email)];
                return (users, await Task.WhenAll(TryCreateAsync(tier.East, users[0]), TryCreateAsync(tier.West, users[1])));
            })));
        }

        Assert.Equal(200, outcomes.Count);
        var session = tier.East.OpenSession();
        foreach (var (users, won) in outcomes)
        {
            Assert.Single(won, true);
            var winner = users[Array.IndexOf(won, true)];
            var loser = users[Array.IndexOf(won, false)];
            Assert.Equal(winner.Key, (await session.Accounts().FindByEmailAsync(winner.Email, Strong)).Value!.Key);
            Assert.False((await session.Repository<User, UserKey>().FindAsync(loser.Key, Strong)).Found);
        }

        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task A_reservation_that_another_one_may_still_use_is_waited_for()
    {
        var (session, user) = (tier.East.OpenSession(), DirectoryTier.NewUser(DirectoryTier.America));
        await StepsOf(session).ReserveAsync([DirectoryName.Email(user.Email)], Owner(user), [], default);

        var refused = await Assert.ThrowsAsync<ConflictException>(
            () => tier.West.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, user.Email)));

        Assert.True(refused.IsTransient);
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        await session.Accounts().CreateAsync(user);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_stopped_after_any_step_goes_on_by_calling_again(bool stored)
    {
        var (session, user) = (tier.East.OpenSession(), DirectoryTier.NewUser(DirectoryTier.America, username: Name()));
        await StopAsync(session, user, stored);

        var claim = await tier.West.OpenSession().Accounts().CreateAsync(user);

        Assert.True(claim.Confirmed);
        Assert.Equal(user.Key, (await session.Accounts().FindByEmailAsync(user.Email, Strong)).Value!.Key);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Who_stopped_before_storing_loses_the_name_once_its_time_is_up_and_can_t_store_it_late()
    {
        var (session, slow) = (tier.Hasty.OpenSession(), DirectoryTier.NewUser(DirectoryTier.America));
        var reserved = await StopAsync(session, slow, stored: false);
        var quick = DirectoryTier.NewUser(DirectoryTier.Europe, slow.Email);
        await Eventually.TrueAsync(() => TryCreateAsync(tier.West, quick), because: "the reservation is over");

        var late = await Assert.ThrowsAsync<ConflictException>(() => StoreAsync(session, slow, reserved));

        Assert.Equal(StoredClaimMap.Insertion, late.Operation);
        Assert.False((await session.Repository<User, UserKey>().FindAsync(slow.Key, Strong)).Found);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
        await Assert.ThrowsAsync<ConflictException>(() => session.Accounts().CreateAsync(slow));
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Who_stopped_after_storing_keeps_the_name_and_another_one_s_attempt_confirms_it()
    {
        var (session, first) = (tier.Hasty.OpenSession(), DirectoryTier.NewUser(DirectoryTier.America));
        await StopAsync(session, first, stored: true);
        Assert.False((await session.Directory().FindAsync(DirectoryName.Email(first.Email), Strong)).Value!.Confirmed);
        Assert.Equal(first.Key, (await session.Accounts().FindByEmailAsync(first.Email)).Value!.Key);

        var refused = await Assert.ThrowsAsync<ConflictException>(
            () => tier.West.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, first.Email)));

        Assert.False(refused.IsTransient);
        Assert.True((await session.Directory().FindAsync(DirectoryName.Email(first.Email), Strong)).Value!.Confirmed);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_claim_that_takes_longer_than_its_reservation_ends_with_one_owner(bool sent)
    {
        var (slow, quick) = (DirectoryTier.NewUser(DirectoryTier.America), DirectoryTier.NewUser(DirectoryTier.Europe));
        quick = quick with { Email = slow.Email };
        var storing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var claiming = tier.Hasty.OpenSession().Directory().ClaimAsync(
            [DirectoryName.Email(slow.Email)],
            Owner(slow),
            async (unit, token) =>
            {
                var users = unit.Repository<User, UserKey>();
                users.Insert(slow);
                if (sent)
                {
                    // The claim's row is in the transaction now, and in the way of whoever wants to abandon it.
                    await users.FindAsync(slow.Key, cancellationToken: token);
                }

                storing.TrySetResult();
                await goOn.Task.WaitAsync(token);
            });
        await storing.Task;
        await Task.Delay(2 * DirectoryTier.ShortReservation, TimeProvider.System);
        var contending = TryCreateAsync(tier.West, quick);
        if (!sent)
        {
            Assert.True(await contending);
        }

        goOn.SetResult();

        if (sent)
        {
            await claiming;
            Assert.False(await contending);
        }
        else
        {
            await Assert.ThrowsAsync<ConflictException>(() => claiming);
        }

        var owner = (await tier.East.OpenSession().Accounts().FindByEmailAsync(slow.Email, Strong)).Value!;
        Assert.Equal(sent ? slow.Key : quick.Key, owner.Key);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task A_name_whose_release_stopped_halfway_is_free_for_anybody()
    {
        var session = tier.East.OpenSession();
        var (gone, renamed) = (DirectoryTier.NewUser(DirectoryTier.America), DirectoryTier.NewUser(DirectoryTier.America));
        await session.Accounts().CreateAsync(gone);
        await session.Accounts().CreateAsync(renamed);
        await StepsOf(session).HoldAsync(Owner(gone), [], static _ => true, DeleteOf(gone), default);
        await StepsOf(session).HoldAsync(Owner(renamed), [], static _ => true, DeleteOf(renamed), default);
        Assert.False((await session.Accounts().FindByEmailAsync(gone.Email)).Found);

        await tier.West.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, gone.Email));
        await session.Accounts().CreateAsync(renamed);

        Assert.Equal(renamed.Key, (await session.Accounts().FindByEmailAsync(renamed.Email)).Value!.Key);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task What_the_owner_can_t_store_is_given_back_at_once()
    {
        var user = DirectoryTier.NewUser(DirectoryTier.America);
        var directory = tier.East.OpenSession().Directory();
        var thrown = new TimeoutException("mine");

        Assert.Same(thrown, await Assert.ThrowsAsync<TimeoutException>(() => directory.ClaimAsync([DirectoryName.Email(user.Email)], Owner(user), (_, _) => throw thrown)));

        Assert.Null((await directory.FindAsync(DirectoryName.Email(user.Email), Strong)).Value);
        await tier.West.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, user.Email));
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Domains_belong_to_whatever_has_an_id_and_are_given_up_one_kind_at_a_time()
    {
        var owner = new DirectoryOwner(DirectoryTier.Europe, Guid.NewGuid());
        var directory = tier.East.OpenSession().Directory();
        var name = $"{Guid.NewGuid():n}";
        var (one, other) = (DirectoryName.DomainName($"{name}.example"), DirectoryName.DomainName($"www.{name}.example"));

        await directory.ClaimAsync([one, other, one], owner, static (_, _) => Task.CompletedTask);
        await directory.ClaimAsync([one], owner, static (_, _) => throw new InvalidOperationException("There is nothing to store."));
        Assert.Equal(owner, (await directory.FindAsync(other)).Value!.Owner);
        await directory.ReleaseAsync(owner, DirectoryKind.Email);
        Assert.NotNull((await directory.FindAsync(one)).Value);
        await directory.ReleaseAsync(owner);

        Assert.Null((await directory.FindAsync(one)).Value);
        Assert.Null((await directory.FindAsync(other)).Value);
        Assert.False(await directory.RenewAsync(one, owner));
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task Nothing_of_a_name_is_in_the_directory_s_files()
    {
        var user = DirectoryTier.NewUser(DirectoryTier.Europe, $"visible{Guid.NewGuid():n}@example.org", Name());
        await tier.East.OpenSession().Accounts().CreateAsync(user);
        var directory = tier.Primary(DirectoryTier.Global);

        foreach (var relation in new[] { "wbd.directory_entry", "wbd.directory_entry_pkey", "wbd.operation" })
        {
            Assert.True(await DirectoryJudge.IsAbsentAsync(directory, user.Email, relation));
            Assert.True(await DirectoryJudge.IsAbsentAsync(directory, user.Username!, relation));
        }

        // The look itself finds what is there.
        Assert.False(await DirectoryJudge.IsAbsentAsync(directory, "global", "wbd.directory_entry") && await DirectoryJudge.IsAbsentAsync(directory, "emea", "wbd.directory_entry"));
        Assert.False(await DirectoryJudge.IsAbsentAsync(tier.Primary(DirectoryTier.Europe), user.Email, "users"));
    }

    [Fact]
    public async Task Users_of_before_are_brought_in_and_those_whose_names_are_taken_are_named()
    {
        var session = tier.East.OpenSession();
        var users = session.Repository<User, UserKey>();
        var (taken, free) = (DirectoryTier.NewUser(DirectoryTier.Europe), DirectoryTier.NewUser(DirectoryTier.America));
        await session.Accounts().CreateAsync(taken);
        var clash = DirectoryTier.NewUser(DirectoryTier.America, taken.Email);
        await users.InsertAsync(free);
        await users.InsertAsync(clash);

        Assert.Equal(clash.Key, Assert.Single(await session.Accounts().RenewAsync(DirectoryTier.America)));

        Assert.Equal(free.Key, (await session.Accounts().FindByEmailAsync(free.Email)).Value!.Key);
        Assert.Equal(taken.Key, (await session.Accounts().FindByEmailAsync(taken.Email)).Value!.Key);
        await users.DeleteAsync(clash.Key);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    [Fact]
    public async Task With_the_directory_s_primary_out_of_reach_lookups_go_on_and_claims_fail()
    {
        var user = DirectoryTier.NewUser(DirectoryTier.Europe);
        await using var cut = await tier.ClientAsync("eu-west-1", static options => options.DefaultTimeout = TimeSpan.FromSeconds(1));
        await cut.OpenSession().Accounts().CreateAsync(user);
        var primary = tier.Primary(DirectoryTier.Global);
        await Eventually.TrueAsync(
            () => Sql.HasCaughtUpAsync(primary.DirectConnectionString(), tier.Local["global"].Replicas.Single().DirectConnectionString()), because: "the replica has it");
        var link = tier.Local.Link(RegionId.Parse("eu-west-1"), primary);
        link.Cut();
        try
        {
            var found = await cut.OpenSession().Accounts().FindByEmailAsync(user.Email);
            Assert.Equal(user.Key, found.Value!.Key);
            var refused = await Assert.ThrowsAnyAsync<DataTierException>(() => cut.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe)));
            Assert.Equal(WriteDisposition.NotApplied, refused.Disposition);
        }
        finally
        {
            link.Heal();
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await tier.West.WaitUntilReadyAsync(patience.Token);
        await tier.Hasty.WaitUntilReadyAsync(patience.Token);
        await DirectoryJudge.JudgeAsync(tier, settled: true);
    }

    private static string Name() => $"n{Guid.NewGuid():n}";

    private static DirectoryOwner Owner(User user) => new(user.Key.Territory, user.Key.Id);

    private static ClaimSteps StepsOf(IDataSession session) => new(DirectoryTier.Scope(session));

    private static Func<IUnitOfWork, CancellationToken, Task> DeleteOf(User user) => (unit, _) =>
    {
        unit.Repository<User, UserKey>().Delete(user.Key);
        return Task.CompletedTask;
    };

    /// <summary>The first steps of creating a user, as by a process that ends then.</summary>
    private static async Task<IReadOnlyList<Reservation>> StopAsync(IDataSession session, User user, bool stored)
    {
        List<DirectoryName> names = [DirectoryName.Email(user.Email)];
        if (user.Username is { } username)
        {
            names.Add(DirectoryName.Username(username));
        }

        var reserved = await StepsOf(session).ReserveAsync(names, Owner(user), [], default);
        if (stored)
        {
            await StoreAsync(session, user, reserved);
        }

        return reserved;
    }

    private static Task<(WriteResult Write, IReadOnlyList<Guid> Released)> StoreAsync(IDataSession session, User user, IReadOnlyList<Reservation> reserved) => StepsOf(session).HoldAsync(
        Owner(user),
        reserved,
        null,
        (unit, _) =>
        {
            unit.Repository<User, UserKey>().Insert(user);
            return Task.CompletedTask;
        },
        default);

    private static async Task<bool> TryCreateAsync(DataClient client, User user)
    {
        try
        {
            await client.OpenSession().Accounts().CreateAsync(user);
            return true;
        }
        catch (ConflictException conflict) when (conflict.Kind == ConflictKind.AlreadyExists)
        {
            return false;
        }
    }
}
