using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data.Tests.Repositories;

public class QueryTests
{
    private static readonly EntityColumn<Note, string?> Text = new("text", 0, static note => note.Text);

    [Theory]
    [InlineData(1)]
    [InlineData(Query<Note>.MaxLimit)]
    public void A_limit_within_range_is_kept(int limit) => Assert.Equal(limit, Query.All<Note>().Take(limit).Limit);

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    [InlineData(Query<Note>.MaxLimit + 1)]
    public void A_limit_out_of_range_is_refused(int limit) => Assert.Throws<ArgumentOutOfRangeException>(() => Query.All<Note>().Take(limit));

    [Fact]
    public void A_query_is_limited_unless_it_says_so() => Assert.Equal(1_000, Query.All<Note>().Limit);

    [Theory]
    [InlineData(Comparison.Unspecified)]
    [InlineData(Comparison.GreaterOrEqual + 1)]
    [InlineData((Comparison)(-1))]
    public void An_unknown_comparison_is_refused(Comparison comparison) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Query.All<Note>().Where(Text, comparison, "a"));

    [Fact]
    public void Null_is_never_compared() =>
        Assert.Throws<ArgumentNullException>(() => Query.All<Note>().Where(Text, Comparison.Equal, null));

    [Fact]
    public void Json_is_never_compared()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        var json = new EntityColumn<Note, string?>("json", 1, static note => note.Text, json: (JsonTypeInfo<string?>)options.GetTypeInfo(typeof(string)));

        Assert.Throws<ArgumentException>(() => Query.All<Note>().Where(json, Comparison.Equal, "a"));
    }

    [Fact]
    public void Json_and_strange_types_have_no_order_and_no_comparison()
    {
        var options = new JsonSerializerOptions { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };
        var json = new EntityColumn<Note, string?>("json", 1, static note => note.Text, json: (JsonTypeInfo<string?>)options.GetTypeInfo(typeof(string)));
        var strange = new EntityColumn<Note, Uri?>("uri", 2, static _ => null);
        var list = new EntityColumn<Note, int[]>("list", 3, static _ => []);

        Assert.Throws<ArgumentException>(() => Query.All<Note>().OrderBy(json));
        Assert.Throws<ArgumentException>(() => Query.All<Note>().WhereIn(json, ["a"]));
        Assert.Throws<ArgumentException>(() => Query.All<Note>().OrderBy(strange));
        Assert.Throws<ArgumentException>(() => Query.All<Note>().Where(list, Comparison.Equal, [1]));
        Assert.Throws<ArgumentException>(() => Query.All<Note>().Where(new EntityColumn<Note, Comparison>("enum", 4, static _ => default), Comparison.Equal, Comparison.Less));
    }

    [Fact]
    public void Values_of_one_filter_are_counted_and_never_null()
    {
        var most = Enumerable.Range(0, Query<Note>.MaxValues).Select(static i => (string?)i.ToString(CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Query<Note>.MaxValues, Assert.Single(Query.All<Note>().WhereIn(Text, most).Filters).Values.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => Query.All<Note>().WhereIn(Text, [.. most, "more"]));
        Assert.Throws<ArgumentException>(() => Query.All<Note>().WhereIn(Text, ["a", null]));
        Assert.Throws<ArgumentNullException>(() => Query.All<Note>().WhereIn(Text, null!));
    }

    [Fact]
    public void Filters_are_counted()
    {
        var query = Enumerable.Range(0, Query<Note>.MaxFilters).Aggregate(Query.All<Note>(), static (query, _) => query.WhereNotNull(Text));
        Assert.Throws<InvalidOperationException>(() => query.WhereNull(Text));
    }

    [Fact]
    public void The_order_comes_before_the_start_and_a_column_counts_once()
    {
        Assert.Throws<InvalidOperationException>(() => Query.All<Note>().After(new Note("a")).OrderBy(Text));
        Assert.True(Assert.Single(Query.All<Note>().OrderBy(Text, descending: true).OrderBy(Text).Order).Descending);
    }

    [Fact]
    public void A_query_that_knows_no_key_has_no_cursor()
    {
        Assert.Throws<InvalidOperationException>(() => Query.All<Note>().CursorOf(new Note("a")));
        Assert.Throws<InvalidOperationException>(() => Query.All<Note>().After("AQ"));
    }

    [Fact]
    public void Each_step_is_a_query_of_its_own_that_keeps_the_others()
    {
        var all = Query.All<Note>();
        var wanted = all.In(Territory.Parse("emea")).Where(Text, Comparison.Less, "m").OrderBy(Text, descending: true).Take(5);

        Assert.Equal("emea", wanted.Territory.ToString());
        Assert.Equal(Comparison.Less, Assert.Single(wanted.Filters).Comparison);
        Assert.True(Assert.Single(wanted.Order).Descending);
        Assert.Equal(5, wanted.Limit);
        Assert.True(all.Territory.IsUnspecified);
        Assert.Empty(all.Filters);
        Assert.Empty(all.Order);
    }

    private sealed record Note(string? Text);
}
