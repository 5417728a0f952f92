namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Theory]
    [MemberData(nameof(SampleValues.Texts), MemberType = typeof(SampleValues))]
    public async Task Texts_come_back_as_they_were_and_are_never_code(string text)
    {
        var user = NewUser();
        user = await KeepAsync(user with { Email = text + user.Key.Id });

        var found = new List<User>();
        await foreach (var match in Users.QueryAsync(Query.All<User>().In(Home).Where(UserMap.Email, Comparison.Equal, user.Email)))
        {
            found.Add(match);
        }

        AssertSame(user, Assert.Single(found));
        user = user with { Username = text + NewMark(), Version = 2 };
        Assert.Equal(2, (await Users.UpdateAsync(user, expectedVersion: 1)).Version);
        AssertSame(user, await ReadAsync(user.Key));
    }

    [Theory]
    [MemberData(nameof(SampleValues.Documents), MemberType = typeof(SampleValues))]
    public async Task Json_comes_back_as_it_was(string document)
    {
        var user = await KeepAsync(NewUser() with { Profile = Json(document), SecuritySettings = Json(document) });

        await Users.UpdateAsync(user with { Profile = null, AuthProviders = Json(document) });

        AssertSame(user with { Profile = null, AuthProviders = Json(document), Version = 2 }, await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Nulls_come_back_as_nulls()
    {
        var user = await KeepAsync(NewUser());

        Assert.Null(user.Username);
        Assert.Null(user.Profile);
        Assert.Null(user.AuthProviders);
        Assert.Null(user.SecuritySettings);
        Assert.Null(user.LastActive);
    }

    [Fact]
    public async Task Times_keep_microseconds_and_their_instant()
    {
        var precise = new DateTimeOffset(2024, 7, 1, 23, 59, 59, TimeSpan.FromHours(2)).AddTicks(1_234_560);
        var user = await KeepAsync(NewUser() with { CreatedAt = precise, UpdatedAt = precise.AddTicks(10), LastActive = new DateTimeOffset(1969, 7, 20, 20, 17, 40, TimeSpan.Zero) });

        Assert.Equal(precise.UtcTicks, user.CreatedAt.UtcTicks);
        Assert.Equal(TimeSpan.FromMicroseconds(1), user.UpdatedAt - user.CreatedAt);
    }

    [Fact]
    public async Task Times_finer_than_microseconds_lose_the_rest()
    {
        var user = NewUser() with { CreatedAt = Noon.AddTicks(19) };
        await Users.InsertAsync(user);

        Assert.InRange((await ReadAsync(user.Key))!.CreatedAt, Noon.AddTicks(10), Noon.AddTicks(20));
    }

    [Fact]
    public async Task A_NUL_is_refused_and_nothing_is_stored()
    {
        var user = NewUser();
        foreach (var broken in new[] { user with { Email = "a\0b" }, user with { Profile = Json("{\"a\":\"\\u0000\"}") } })
        {
            var refused = await Assert.ThrowsAsync<StoreFailureException>(() => Users.UpsertAsync(broken));
            Assert.Equal(WriteDisposition.NotApplied, refused.Disposition);
            Assert.False(refused.IsTransient);
            Assert.StartsWith("22", refused.Code, StringComparison.Ordinal);
        }

        Assert.Null(await ReadAsync(user.Key));
    }

    [Fact]
    public async Task Texts_may_be_as_long_as_the_schema_says_and_no_longer()
    {
        var start = NewMark();
        await KeepAsync(NewUser() with { Email = start + new string('\u00e9', 255 - start.Length) });

        var refused = await Assert.ThrowsAsync<StoreFailureException>(() => Users.InsertAsync(NewUser() with { Email = start + new string('x', 256 - start.Length) }));
        Assert.Equal("22001", refused.Code);
        Assert.Equal(WriteDisposition.NotApplied, refused.Disposition);
    }
}
