namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Fact]
    public async Task A_write_sent_again_under_its_key_is_applied_once_and_answers_as_at_first()
    {
        var user = NewUser();
        var (insert, update, upsert, delete) = (Once(), Once(), Once(), Once());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, (await Users.InsertAsync(user, insert)).Version);
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(2, (await Users.UpdateAsync(user with { Username = "u" + user.Key.Id.ToString("n") }, expectedVersion: 1, update)).Version);
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(0, (await Users.UpsertAsync(user, upsert)).Version);
        }

        Assert.Equal(3, (await ReadAsync(user.Key))!.Version);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(3, (await Users.DeleteAsync(user.Key, expectedVersion: 3, delete)).Version);
        }

        Assert.Equal(1, (await Users.InsertAsync(user, insert)).Version);
        Assert.Null(await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Another_session_finds_what_was_written_under_a_key_and_then_sees_it()
    {
        var (user, once) = (NewUser(), Once());
        await Users.InsertAsync(user, once);
        var others = Client.OpenSession().Repository<User, UserKey>();

        Assert.Equal(1, (await others.InsertAsync(user, once)).Version);
        Assert.True((await others.FindAsync(user.Key)).Found);
    }

    [Fact]
    public async Task A_key_that_was_used_for_something_else_is_refused()
    {
        var (user, once) = (NewUser(), Once());
        await Users.InsertAsync(user, once);

        await ConflictAsync(ConflictKind.IdempotencyKeyReused, () => Users.InsertAsync(NewUser(), once));
        await ConflictAsync(ConflictKind.IdempotencyKeyReused, () => Users.InsertAsync(user with { Status = "other" }, once));
        await ConflictAsync(ConflictKind.IdempotencyKeyReused, () => Users.UpsertAsync(user, once));
        await ConflictAsync(ConflictKind.IdempotencyKeyReused, () => Users.UpdateAsync(user, expectedVersion: 1, once));
        await ConflictAsync(ConflictKind.IdempotencyKeyReused, () => Users.DeleteAsync(user.Key, options: once));
        AssertSame(user with { Version = 1 }, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task A_refusal_is_remembered_under_its_key_and_a_violated_constraint_is_not()
    {
        var (user, update, insert) = (NewUser(), Once(), Once());
        await ConflictAsync(ConflictKind.NotFound, () => Users.UpdateAsync(user, options: update));
        await Users.InsertAsync(user);
        await ConflictAsync(ConflictKind.NotFound, () => Users.UpdateAsync(user, options: update));
        await ConflictAsync(ConflictKind.AlreadyExists, () => Users.InsertAsync(user, insert));
        await Users.DeleteAsync(user.Key);

        Assert.Equal(1, (await Users.InsertAsync(user, insert)).Version);
    }

    [Fact]
    public async Task Territories_do_not_share_keys()
    {
        var once = Once();
        var (here, there) = (NewUser(), NewUser(NewKey(Abroad)));
        await Users.InsertAsync(here, once);
        if (Home != Abroad)
        {
            Assert.Equal(1, (await Users.InsertAsync(there, once)).Version);
        }
    }

    [Fact]
    public async Task Keys_have_1_to_128_characters()
    {
        foreach (var key in new[] { "", new string('k', 129) })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.InsertAsync(NewUser(), new WriteOptions { IdempotencyKey = key }));
        }

        Assert.Equal(1, (await Users.InsertAsync(NewUser(), new WriteOptions { IdempotencyKey = NewMark().PadRight(128, 'ü') })).Version);
    }

    private static WriteOptions Once() => new() { IdempotencyKey = Guid.NewGuid().ToString() };
}
