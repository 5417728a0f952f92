namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    [Fact]
    public async Task Find_returns_what_was_inserted() => await KeepAsync(NewUser());

    [Fact]
    public async Task Find_of_what_is_not_there_is_a_result()
    {
        var read = await Users.FindAsync(NewKey(Home));

        Assert.False(read.Found);
        Assert.Null(read.Value);
        Assert.NotNull(read.Endpoint);
    }

    [Theory]
    [InlineData(ConsistencyLevel.Session)]
    [InlineData(ConsistencyLevel.BoundedStaleness)]
    [InlineData(ConsistencyLevel.Strong)]
    public async Task A_session_sees_what_it_wrote_at_every_level_that_promises_it(ConsistencyLevel level)
    {
        var user = NewUser();
        await Users.InsertAsync(user);

        Assert.True((await Users.FindAsync(user.Key, new ReadOptions { Consistency = level })).Found);
    }

    [Fact]
    public async Task A_token_carries_the_session_to_another_client()
    {
        var session = Client.OpenSession();
        var user = NewUser();
        await session.Repository<User, UserKey>().InsertAsync(user);
        var token = SessionToken.Parse(session.Token.ToString());
        var other = await fixture.CreateClientAsync();
        try
        {
            Assert.True((await other.OpenSession(token).Repository<User, UserKey>().FindAsync(user.Key)).Found);
        }
        finally
        {
            await fixture.ReleaseClientAsync(other);
        }
    }

    [Fact]
    public async Task A_read_explains_itself()
    {
        var user = await KeepAsync(NewUser());

        var read = await Users.FindAsync(user.Key);

        var endpoint = Assert.Single(
            Client.Topology.Shards.SelectMany(static shard => shard.Endpoints), endpoint => endpoint.Name == read.Endpoint);
        Assert.Equal(endpoint.Region, read.Region);
        Assert.True(read.Source is AnswerSource.Replica or AnswerSource.Primary);
        Assert.True(read.Reason.HasFlag(RouteReason.PositionProven), read.Reason.ToString());
        Assert.Equal(read.Region == Client.LocalRegion, read.Reason.HasFlag(RouteReason.LocalRegion));
    }

    [Fact]
    public async Task A_strong_read_says_that_the_primary_answered()
    {
        var read = await Users.FindAsync(NewKey(Home), new ReadOptions { Consistency = ConsistencyLevel.Strong });

        Assert.Equal(AnswerSource.Primary, read.Source);
        Assert.True(read.Reason.HasFlag(RouteReason.PrimaryRequired));
        Assert.Contains(Client.Topology.Shards, shard => shard.WriteRegion == read.Region);
        Assert.NotNull(read.Age);
    }

    [Fact]
    public async Task Find_many_returns_each_once_and_leaves_out_what_is_not_there()
    {
        var first = NewUser();
        var second = NewUser();
        await Users.InsertAsync(first);
        await Users.InsertAsync(second);

        var read = await Users.FindManyAsync([first.Key, NewKey(Home), second.Key, first.Key]);

        Assert.True(read.Found);
        Assert.Equal(Sorted([first.Key, second.Key]), Sorted(read.Value.Select(static user => user.Key)));
        AssertSame(first with { Version = 1 }, read.Value.Single(user => user.Key == first.Key));
        Assert.NotNull(read.Endpoint);
    }

    [Fact]
    public async Task Find_many_of_nothing_is_nothing()
    {
        Assert.Empty((await Users.FindManyAsync([])).Value);
        Assert.Empty((await Users.FindManyAsync([NewKey(Home)])).Value);
    }

    [Fact]
    public async Task Find_many_goes_over_territories()
    {
        var here = NewUser();
        var there = NewUser(NewKey(Abroad));
        await Users.InsertAsync(here);
        await Users.InsertAsync(there);

        var read = await Users.FindManyAsync([here.Key, there.Key]);

        Assert.Equal(Sorted([here.Key, there.Key]), Sorted(read.Value.Select(static user => user.Key)));
    }

    [Fact]
    public async Task Find_many_gives_each_row_its_own_territory_also_where_one_shard_holds_several()
    {
        var keys = new[] { NewKey(Home), NewKey(Neighbour), NewKey(Abroad), NewKey(Neighbour) };
        foreach (var key in keys)
        {
            await Users.InsertAsync(NewUser(key) with { Profile = Json("""{"a":1}""") });
        }

        var found = (await Users.FindManyAsync([.. keys, NewKey(Home), NewKey(Neighbour)])).Value;

        Assert.Equal(4, found.Count);
        Assert.All(keys, key => AssertSame(NewUser(key) with { Version = 1, Profile = Json("""{"a":1}""") }, found.Single(user => user.Key == key)));
    }

    [Fact]
    public async Task Find_many_by_keys_of_several_columns_goes_over_territories_too()
    {
        var room = NewRoom();
        var samples = new[] { Home, Neighbour, Neighbour }.Select(territory => new Sample { Key = new SampleKey(territory, room, Guid.NewGuid()), Version = 1 }).ToArray();
        foreach (var sample in samples)
        {
            await Samples.InsertAsync(sample);
        }

        var all = samples.Select(static sample => sample.Key).ToArray();
        Assert.Equal(all.ToHashSet(), (await Samples.FindManyAsync(all)).Value.Select(static sample => sample.Key).ToHashSet());
        Assert.Equal(all[1..].ToHashSet(), (await Samples.FindManyAsync(all[1..])).Value.Select(static sample => sample.Key).ToHashSet());
        Assert.Empty((await Samples.FindManyAsync([all[0] with { Room = room + 2 }, all[1] with { Id = all[2].Id, Room = room + 2 }])).Value);
    }

    [Fact]
    public async Task Find_many_takes_many_keys()
    {
        var user = await KeepAsync(NewUser());
        var keys = Enumerable.Range(0, 9_999).Select(_ => NewKey(Home)).Append(user.Key).ToArray();

        Assert.Equal(user.Key, Assert.Single((await Users.FindManyAsync(keys)).Value).Key);
    }

    [Fact]
    public async Task Find_many_of_too_many_keys_is_refused()
    {
        var keys = Enumerable.Range(0, 10_001).Select(_ => NewKey(Home)).ToArray();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Users.FindManyAsync(keys).AsTask());
    }

    private static IEnumerable<Guid> Sorted(IEnumerable<UserKey> keys) => keys.Select(static key => key.Id).Order();
}
