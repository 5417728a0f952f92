using WebsiteBuilder.Data.Benchmarks.Compare;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class ArgumentsTests
{
    private static readonly string[] Known = ["one", "two", "three"];

    [Theory]
    [InlineData("")]
    [InlineData("--all")]
    public void Without_names_everything_is_compared(string words) => Assert.Equal(Known, Parse(words).Names);

    [Theory]
    [InlineData("--only two")]
    [InlineData("--only two,two")]
    public void One_name_may_be_chosen(string words) => Assert.Equal(["two"], Parse(words).Names);

    [Theory]
    [InlineData("--only three,one")]
    [InlineData("--only three --only one")]
    public void Several_names_come_in_the_order_of_the_catalogue(string words) => Assert.Equal(["one", "three"], Parse(words).Names);

    [Fact]
    public void A_file_may_be_named()
    {
        Assert.Null(Parse("--all").JsonFile);
        Assert.Equal("figures.json", Parse("--json figures.json --all").JsonFile);
    }

    [Theory]
    [InlineData("--only four")]
    [InlineData("--only")]
    [InlineData("--only --json")]
    [InlineData("--all --only one")]
    [InlineData("--json")]
    [InlineData("--json no/such/directory/file.json")]
    [InlineData("--fast")]
    [InlineData("one")]
    public void What_is_not_understood_is_refused(string words) => Assert.Throws<ArgumentException>(() => Parse(words));

    [Fact]
    public void The_catalogue_has_each_name_once() =>
        Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(static comparison => comparison.Name).Distinct().Count());

    private static Arguments Parse(string words) => Arguments.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), Known);
}
