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
