namespace WebsiteBuilder.Data.Conformance;

public abstract partial class RepositoryConformance<TFixture>
{
    private static readonly EntityColumn<User, string?> Username = Column<string?>("username");
    private static readonly EntityColumn<User, DateTimeOffset> CreatedAt = Column<DateTimeOffset>("created_at");

    [Theory]
    [InlineData(Comparison.Equal, "b")]
    [InlineData(Comparison.NotEqual, "a", "c")]
    [InlineData(Comparison.Less, "a")]
    [InlineData(Comparison.LessOrEqual, "a", "b")]
    [InlineData(Comparison.Greater, "c")]
    [InlineData(Comparison.GreaterOrEqual, "b", "c")]
    public async Task Query_filters(Comparison comparison, params string[] expected)
    {
        var mark = await ThreeAsync();

        var found = await ListAsync(Marked(mark).Where(UserMap.Email, comparison, $"b.{mark}").OrderBy(UserMap.Email));

        Assert.Equal(expected.Select(letter => $"{letter}.{mark}"), found.Select(static user => user.Email));
    }

    [Fact]
    public async Task Query_compares_times_and_all_filters_must_hold()
    {
        var mark = await ThreeAsync();

        var found = await ListAsync(Marked(mark)
            .Where(CreatedAt, Comparison.Greater, Noon)
            .Where(CreatedAt, Comparison.Less, Noon.AddDays(2).ToOffset(TimeSpan.FromHours(-5))));

        Assert.Equal($"b.{mark}", Assert.Single(found).Email);
    }

    [Fact]
    public async Task Query_orders_both_ways_and_by_several_columns()
    {
        var mark = await ThreeAsync();

        Assert.Equal([$"c.{mark}", $"b.{mark}", $"a.{mark}"], Emails(await ListAsync(Marked(mark).OrderBy(UserMap.Email, descending: true))));
        Assert.Equal([$"a.{mark}", $"b.{mark}", $"c.{mark}"], Emails(await ListAsync(Marked(mark).OrderBy(CreatedAt).OrderBy(UserMap.Email, descending: true))));
        Assert.Equal([$"c.{mark}", $"b.{mark}", $"a.{mark}"], Emails(await ListAsync(Marked(mark).OrderBy(UserMap.Status).OrderBy(UserMap.Email, descending: true))));
    }

    [Fact]
    public async Task Query_stops_at_its_limit_and_goes_on_behind_the_last_row()
    {
        var mark = await ThreeAsync();
        var page = Marked(mark).OrderBy(UserMap.Email).Take(2);

        var first = await ListAsync(page);
        var second = await ListAsync(page.Where(UserMap.Email, Comparison.Greater, first[^1].Email));

        Assert.Equal([$"a.{mark}", $"b.{mark}"], Emails(first));
        Assert.Equal([$"c.{mark}"], Emails(second));
    }

    [Fact]
    public async Task Null_passes_no_filter_and_comes_last()
    {
        var mark = NewMark();
        var named = NewUser() with { Status = mark, Username = "u" + mark };
        var nameless = NewUser() with { Status = mark };
        await Users.InsertAsync(nameless);
        await Users.InsertAsync(named);

        Assert.Equal([named.Email], Emails(await ListAsync(Marked(mark).Where(Username, Comparison.NotEqual, "somebody else"))));
        Assert.Equal([named.Email], Emails(await ListAsync(Marked(mark).Where(Username, Comparison.GreaterOrEqual, "a"))));
        Assert.Equal([named.Email, nameless.Email], Emails(await ListAsync(Marked(mark).OrderBy(Username))));
        Assert.Equal([nameless.Email, named.Email], Emails(await ListAsync(Marked(mark).OrderBy(Username, descending: true))));
    }

    [Fact]
    public async Task Query_returns_whole_entities_with_their_territory()
    {
        var user = await KeepAsync(NewUser() with { Status = NewMark(), Profile = Json("""{"a":[1,2]}"""), LastActive = Noon });

        AssertSame(user, Assert.Single(await ListAsync(Marked(user.Status))));
    }

    [Fact]
    public async Task Query_that_finds_nothing_is_empty() => Assert.Empty(await ListAsync(Marked(NewMark())));

    [Fact]
    public async Task Query_may_be_left_early_and_asked_again()
    {
        var mark = await ThreeAsync();
        var query = Users.QueryAsync(Marked(mark).OrderBy(UserMap.Email));
        for (var i = 0; i < 2; i++)
        {
            await foreach (var user in query)
            {
                Assert.Equal($"a.{mark}", user.Email);
                break;
            }
        }
    }

    private static EntityColumn<User, T> Column<T>(string name) =>
        (EntityColumn<User, T>)UserMap.Map.Columns.Single(column => column.Name == name);

    private static IEnumerable<string> Emails(IEnumerable<User> users) => users.Select(static user => user.Email);

    private Query<User> Marked(string mark) => Query.All<User>().In(Home).Where(UserMap.Status, Comparison.Equal, mark);

    private async Task<string> ThreeAsync()
    {
        var mark = NewMark();
        foreach (var (letter, days) in new[] { ("b", 1), ("c", 2), ("a", 0) })
        {
            await Users.InsertAsync(NewUser() with { Status = mark, Email = $"{letter}.{mark}", CreatedAt = Noon.AddDays(days) });
        }

        return mark;
    }

    private async Task<List<User>> ListAsync(Query<User> query)
    {
        var users = new List<User>();
        await foreach (var user in Users.QueryAsync(query))
        {
            users.Add(user);
        }

        return users;
    }
}
