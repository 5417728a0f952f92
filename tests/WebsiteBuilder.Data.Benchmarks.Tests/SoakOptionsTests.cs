using WebsiteBuilder.Data.Benchmarks.Soak;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class SoakOptionsTests
{
    [Fact]
    public void Without_words_it_works_for_twenty_minutes_and_kills() =>
        Assert.Equal(new SoakOptions(TimeSpan.FromMinutes(20), Kill: true, Workers: 64, JsonFile: null), SoakOptions.Parse([]));

    [Fact]
    public void All_of_it_can_be_said() => Assert.Equal(
        new SoakOptions(TimeSpan.FromMinutes(1.5), Kill: false, Workers: 8, JsonFile: "soak.json"),
        SoakOptions.Parse("--minutes 1.5 --no-kills --workers 8 --json soak.json".Split(' ')));

    [Theory]
    [InlineData("--minutes")]
    [InlineData("--minutes 0")]
    [InlineData("--minutes many")]
    [InlineData("--minutes 1441")]
    [InlineData("--workers -1")]
    [InlineData("--workers 10001")]
    [InlineData("--json")]
    [InlineData("--json no/such/directory/soak.json")]
    [InlineData("--hours 1")]
    public void What_is_not_understood_is_refused(string words) =>
        Assert.Throws<ArgumentException>(() => SoakOptions.Parse(words.Split(' ')));
}
