namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Fact]
    public async Task A_write_explains_itself()
    {
        var written = await Users.InsertAsync(NewUser());

        Assert.Equal(1, written.Version);
        Assert.Contains(Client.Topology.Shards, shard => shard.WriteRegion == written.Region);
        Assert.True(written.Reached >= WriteDurability.Local);
    }

    [Theory]
    [InlineData(WriteDurability.Off)]
    [InlineData(WriteDurability.Local)]
    [InlineData(WriteDurability.RemoteWrite)]
    [InlineData(WriteDurability.RemoteFlush)]
    [InlineData(WriteDurability.RemoteApply)]
    public async Task A_write_reaches_no_more_than_was_asked_for(WriteDurability durability)
    {
        var user = NewUser();

        var written = await Users.InsertAsync(user, new WriteOptions { Durability = durability });

        Assert.InRange(written.Reached, WriteDurability.Off, durability);
        Assert.True((await Users.FindAsync(user.Key)).Found);
    }

    [Fact]
    public async Task Insert_of_a_key_that_exists_is_a_conflict()
    {
        var user = await KeepAsync(NewUser());

        var conflict = await ConflictAsync(
            ConflictKind.AlreadyExists, () => Users.InsertAsync(user with { Email = "other." + user.Email }));

        Assert.Equal("users_pkey", conflict.Constraint);
        Assert.Equal("users.insert", conflict.Operation);
        AssertSame(user, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task A_unique_value_that_exists_is_a_conflict_of_every_write()
    {
        var user = await KeepAsync(NewUser());
        var other = await KeepAsync(NewUser());
        var taken = other with { Email = user.Email };

        foreach (var write in new Func<Task>[]
        {
            () => Users.InsertAsync(NewUser() with { Email = user.Email }),
            () => Users.UpdateAsync(taken),
            () => Users.UpdateAsync(taken, other.Version),
            () => Users.UpsertAsync(taken),
        })
        {
            Assert.Equal("users_email_key", (await ConflictAsync(ConflictKind.AlreadyExists, write)).Constraint);
        }

        AssertSame(other, await ReadAsync(other.Key));
    }

    [Fact]
    public async Task A_unique_value_is_free_again_once_it_is_given_up()
    {
        var user = await KeepAsync(NewUser());
        await Users.UpdateAsync(user with { Email = "moved." + user.Email });
        await KeepAsync(NewUser() with { Email = user.Email });
        await Users.DeleteAsync(user.Key);
        await KeepAsync(NewUser() with { Email = "moved." + user.Email });
    }

    [Fact]
    public async Task A_null_that_the_schema_forbids_is_a_conflict() =>
        await ConflictAsync(ConflictKind.Constraint, () => Users.InsertAsync(NewUser() with { Email = null! }));

    [Fact]
    public async Task Update_replaces_whatever_version_is_there_and_counts_it_up()
    {
        var user = await KeepAsync(NewUser() with { Username = "u" + NewMark(), Profile = Json("{}"), LastActive = Noon });
        var changed = NewUser(user.Key) with { Email = "new." + user.Email, Status = "closed", UpdatedAt = Noon.AddDays(1), Version = 77 };

        Assert.Equal(2, (await Users.UpdateAsync(changed)).Version);
        AssertSame(changed with { Version = 2 }, await ReadAsync(user.Key));
        Assert.Equal(3, (await Users.UpdateAsync(user)).Version);
        AssertSame(user with { Version = 3 }, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Update_of_the_expected_version_succeeds_and_of_another_conflicts()
    {
        var user = await KeepAsync(NewUser());
        Assert.Equal(2, (await Users.UpdateAsync(user with { Status = "second" }, expectedVersion: 1)).Version);

        await ConflictAsync(ConflictKind.VersionMismatch, () => Users.UpdateAsync(user with { Status = "third" }, expectedVersion: 1));
        await ConflictAsync(ConflictKind.VersionMismatch, () => Users.UpdateAsync(user with { Status = "third" }, expectedVersion: 3));

        AssertSame(user with { Status = "second", Version = 2 }, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Update_of_what_is_not_there_is_a_conflict()
    {
        var user = NewUser();
        await ConflictAsync(ConflictKind.NotFound, () => Users.UpdateAsync(user));
        await ConflictAsync(ConflictKind.NotFound, () => Users.UpdateAsync(user, expectedVersion: 1));

        Assert.Null(await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Of_many_updates_of_one_version_one_succeeds()
    {
        var user = await KeepAsync(NewUser());

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                await Users.UpdateAsync(user with { Status = $"winner {i}" }, expectedVersion: 1);
                return i;
            }
            catch (ConflictException conflict) when (conflict.Kind is ConflictKind.VersionMismatch)
            {
                return -1;
            }
        }));

        var winner = Assert.Single(outcomes, static outcome => outcome >= 0);
        AssertSame(user with { Status = $"winner {winner}", Version = 2 }, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Upsert_stores_what_is_new_and_replaces_what_is_there()
    {
        var user = NewUser() with { Version = 9 };
        Assert.Equal(0, (await Users.UpsertAsync(user)).Version);
        AssertSame(user with { Version = 1 }, await ReadAsync(user.Key));

        Assert.Equal(0, (await Users.UpsertAsync(user with { Status = "replaced" })).Version);
        AssertSame(user with { Status = "replaced", Version = 2 }, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Delete_removes_whether_or_not_it_is_there()
    {
        var user = await KeepAsync(NewUser());

        Assert.Equal(0, (await Users.DeleteAsync(user.Key)).Version);
        Assert.Null(await ReadAsync(user.Key));
        Assert.Equal(0, (await Users.DeleteAsync(user.Key)).Version);
        await KeepAsync(user);
    }

    [Fact]
    public async Task Delete_of_the_expected_version_succeeds_and_of_another_conflicts()
    {
        var user = await KeepAsync(NewUser());

        await ConflictAsync(ConflictKind.VersionMismatch, () => Users.DeleteAsync(user.Key, expectedVersion: 2));
        Assert.NotNull(await ReadAsync(user.Key));

        await Users.DeleteAsync(user.Key, expectedVersion: 1);
        Assert.Null(await ReadAsync(user.Key));
        await ConflictAsync(ConflictKind.NotFound, () => Users.DeleteAsync(user.Key, expectedVersion: 1));
    }

    [Fact]
    public async Task Operations_of_one_session_may_overlap()
    {
        var users = Enumerable.Range(0, 20).Select(_ => NewUser()).ToArray();

        await Task.WhenAll(users.Select(async user =>
        {
            await Users.InsertAsync(user);
            Assert.True((await Users.FindAsync(user.Key)).Found);
        }));

        Assert.Equal(20, (await Users.FindManyAsync([.. users.Select(static user => user.Key)])).Value.Count);
    }
}
