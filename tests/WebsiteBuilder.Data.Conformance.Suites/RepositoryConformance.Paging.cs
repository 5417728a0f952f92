namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    private IRepository<Sample, SampleKey>? _samples;

    /// <summary>On the same session as <see cref="Users"/>.</summary>
    protected IRepository<Sample, SampleKey> Samples => _samples ??= _session!.Repository<Sample, SampleKey>();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Pages_in_any_order_are_the_sorted_whole(int seed)
    {
        var random = new RandomSamples(seed);
        var room = NewRoom();
        var samples = new List<Sample>();
        for (var i = 0; i < 60; i++)
        {
            samples.Add(random.Next(Home, room) with { Version = 1 });
            await Samples.InsertAsync(samples[^1]);
        }

        for (var i = 0; i < 25; i++)
        {
            var order = random.NextOrder();
            var query = InRoom(room).Take(random.Random.Next(1, 20));
            query = order.Aggregate(query, static (query, part) => query.OrderBy(SampleMap.Column(part.Column), part.Descending));
            var expected = samples.AsEnumerable();
            if (random.Random.Next(2) == 0)
            {
                // A column that can't be null any more is continued in another way.
                query = query.WhereNotNull(SampleMap.Column("text"));
                expected = expected.Where(static sample => sample.Text is not null);
            }

            var found = random.Random.Next(3) switch
            {
                0 => await BehindEntitiesAsync(query),
                1 => await BehindCursorsAsync(query),
                _ => await PagesAsync(query),
            };

            var said = string.Join(", ", order);
            Assert.True(RandomSamples.Sorted(expected, order).Select(static sample => sample.Key.Id).SequenceEqual(found.Select(static sample => sample.Key.Id)), said);
        }
    }

    [Fact]
    public async Task A_page_says_who_answered_and_where_to_go_on_until_there_is_nothing()
    {
        var mark = await ThreeAsync();
        var query = Marked(mark).OrderBy(UserMap.Email).Take(2);

        var first = await Users.QueryPageAsync(query);
        var second = await Users.QueryPageAsync(query.After(first.Value.Next!));

        Assert.Equal([$"a.{mark}", $"b.{mark}"], Emails(first.Value.Items));
        Assert.Equal([$"c.{mark}"], Emails(second.Value.Items));
        Assert.Null(second.Value.Next);
        Assert.NotNull(first.Endpoint);
        Assert.NotEqual(AnswerSource.Unspecified, first.Source);
        Assert.Null((await Users.QueryPageAsync(query.Take(3))).Value.Next);
        Assert.Null((await Users.QueryPageAsync(Marked(NewMark()))).Value.Next);
    }

    [Fact]
    public async Task What_changes_between_two_pages_moves_nothing_else()
    {
        var room = NewRoom();
        var samples = Enumerable.Range(0, 6).Select(i => NewSample(room) with { Rank = i }).ToArray();
        foreach (var sample in samples.Where(static sample => sample.Rank != 4))
        {
            await Samples.InsertAsync(sample);
        }

        var query = InRoom(room).OrderBy(SampleMap.Column("rank")).Take(3);
        var first = await Samples.QueryPageAsync(query);
        await Samples.DeleteAsync(samples[2].Key);
        await Samples.InsertAsync(samples[4]);
        var second = await Samples.QueryPageAsync(query.After(first.Value.Next!));

        Assert.Equal([0, 1, 2], first.Value.Items.Select(static sample => sample.Rank));
        Assert.Equal([3, 4, 5], second.Value.Items.Select(static sample => sample.Rank));
    }

    [Fact]
    public async Task Without_an_order_rows_come_by_key_and_an_entity_is_enough_to_go_on()
    {
        var room = NewRoom();
        for (var i = 0; i < 5; i++)
        {
            await Samples.InsertAsync(NewSample(room));
        }

        var all = await AllAsync(InRoom(room));
        Assert.Equal(RandomSamples.Sorted(all, []).Select(static sample => sample.Key), all.Select(static sample => sample.Key));
        Assert.Equal(all[2].Key, Assert.Single(await AllAsync(Query.All<Sample>().In(Home).After(all[1]).Take(1))).Key);
    }

    [Fact]
    public async Task A_limit_may_be_the_most_and_still_has_a_next_page()
    {
        var mark = await ThreeAsync();
        Assert.Equal(3, (await Users.QueryPageAsync(Marked(mark).Take(Query<User>.MaxLimit))).Value.Items.Count);
    }

    [Fact]
    public async Task Filters_ask_for_one_of_many_values_and_for_nulls()
    {
        var room = NewRoom();
        var samples = Enumerable.Range(0, 4).Select(i => NewSample(room) with
        {
            Rank = i,
            Text = i == 3 ? null : $"t{i}",
            Tiny = i == 3 ? null : (byte)i,
            Instant = i == 3 ? null : Noon.AddDays(i),
            Bytes = i == 3 ? null : [(byte)i],
            Medium = i == 3 ? null : i,
        }).ToArray();
        foreach (var sample in samples)
        {
            await Samples.InsertAsync(sample);
        }

        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<string?>("text"), ["t2", "t0", "t0", "none", "'; DROP TABLE samples; --"]), 0, 2);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<byte?>("tiny"), new byte?[] { 1, 2 }), 1, 2);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<int>("rank"), [3, 1]), 1, 3);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<int?>("medium"), [3, 1]), 1);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<byte[]?>("bytes"), new byte[]?[] { [1], [] }), 1);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<DateTimeOffset?>("instant"), [Noon.AddDays(2).ToOffset(TimeSpan.FromHours(5))]), 2);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<Guid>("id"), [.. samples.Select(static sample => sample.Key.Id), .. Enumerable.Range(0, 9_996).Select(static _ => Guid.NewGuid())]), 0, 1, 2, 3);
        await FindsAsync(InRoom(room).WhereIn(SampleMap.Column<string?>("text"), []));
        await FindsAsync(InRoom(room).WhereNull(SampleMap.Column("text")), 3);
        await FindsAsync(InRoom(room).WhereNotNull(SampleMap.Column("text")), 0, 1, 2);
        await FindsAsync(InRoom(room).WhereNotNull(SampleMap.Column("text")).Where(SampleMap.Column<byte?>("tiny"), Comparison.Greater, (byte)0), 1, 2);
    }

    [Fact]
    public async Task Nulls_of_JSON_can_be_asked_for_too()
    {
        var mark = NewMark();
        await Users.InsertAsync(NewUser() with { Status = mark, Email = "a." + mark });
        await Users.InsertAsync(NewUser() with { Status = mark, Email = "b." + mark, Profile = Json("{}") });
        var profile = UserMap.Map.Columns.Single(static column => column.Name == "profile");

        Assert.Equal(["a." + mark], Emails(await ListAsync(Marked(mark).WhereNull(profile))));
        Assert.Equal(["b." + mark], Emails(await ListAsync(Marked(mark).WhereNotNull(profile))));
    }

    [Fact]
    public async Task A_query_over_another_map_is_refused()
    {
        var twin = EntityMap.Create<User, UserKey>("twins", static user => user.Key, static map =>
        {
            map.Key("id", static user => user.Key.Id, static key => key.Id);
            return static _ => throw new NotSupportedException();
        });

        await Assert.ThrowsAsync<ArgumentException>(() => EnumerateAsync(Query.All(twin).In(Home)));
        await Assert.ThrowsAsync<ArgumentException>(() => Users.QueryPageAsync(Query.All<User>().In(Home).OrderBy(twin.Columns[0])));
        await Assert.ThrowsAsync<ArgumentNullException>(() => Users.QueryPageAsync(null!));
    }

    private static int NewRoom() => BitConverter.ToInt32(Guid.NewGuid().ToByteArray()) | 1;

    private Sample NewSample(int room) => new() { Key = new SampleKey(Home, room, Guid.NewGuid()) };

    private Query<Sample> InRoom(int room) => Query.All(SampleMap.Map).In(Home).Where(SampleMap.Column<int>("room"), Comparison.Equal, room);

    private async Task FindsAsync(Query<Sample> query, params int[] ranks) =>
        Assert.Equal(ranks, (await AllAsync(query.OrderBy(SampleMap.Column("rank")))).Select(static sample => sample.Rank));

    private async Task<List<Sample>> AllAsync(Query<Sample> query)
    {
        var samples = new List<Sample>();
        await foreach (var sample in Samples.QueryAsync(query))
        {
            samples.Add(sample);
        }

        return samples;
    }

    private Task<List<Sample>> BehindEntitiesAsync(Query<Sample> query) => PagedAsync(query, (page, last) => page.After(last));

    private Task<List<Sample>> BehindCursorsAsync(Query<Sample> query) => PagedAsync(query, (page, last) => page.After(query.CursorOf(last)));

    private async Task<List<Sample>> PagedAsync(Query<Sample> query, Func<Query<Sample>, Sample, Query<Sample>> next)
    {
        var found = await AllAsync(query);
        for (var page = found; page.Count == query.Limit; found.AddRange(page))
        {
            page = await AllAsync(next(query, page[^1]));
        }

        return found;
    }

    private async Task<List<Sample>> PagesAsync(Query<Sample> query)
    {
        var found = new List<Sample>();
        for (var next = query; ;)
        {
            var page = (await Samples.QueryPageAsync(next)).Value;
            found.AddRange(page.Items);
            if (page.Next is not { } cursor)
            {
                return found;
            }

            Assert.Equal(query.Limit, page.Items.Count);
            next = query.After(cursor);
        }
    }
}
