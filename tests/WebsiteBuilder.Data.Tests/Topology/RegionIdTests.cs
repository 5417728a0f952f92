namespace WebsiteBuilder.Data.Tests.Topology;

public class RegionIdTests
{
    public static readonly TheoryData<string> Refused = new(
        "", " ", "1eu", "-eu", "eu_west", "eu west", "eu.west", "\u00e9u", "eu\0", "eu\n", new string('a', RegionId.MaxLength + 1));

    [Theory]
    [InlineData("eu-west-1", "eu-west-1")]
    [InlineData("EU-West-1", "eu-west-1")]
    [InlineData("x", "x")]
    [InlineData("abcdefghijklmnopqrstuvwxyz012345", "abcdefghijklmnopqrstuvwxyz012345")]
    public void A_name_is_kept_in_lower_case(string text, string name)
    {
        Assert.Equal(name, RegionId.Parse(text).ToString());
        Assert.Equal(name, Territory.Parse(text).ToString());
        Assert.Equal(RegionId.Parse(name), RegionId.Parse(text));
        Assert.Equal(Territory.Parse(name), Territory.Parse(text));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_text_that_is_no_name_is_refused(string text)
    {
        Assert.False(RegionId.TryParse(text, null, out var region));
        Assert.True(region.IsUnspecified);
        Assert.Throws<FormatException>(() => RegionId.Parse(text));
        Assert.False(Territory.TryParse(text, null, out var territory));
        Assert.True(territory.IsUnspecified);
        Assert.Throws<FormatException>(() => Territory.Parse(text));
    }

    [Fact]
    public void Null_is_refused()
    {
        Assert.False(RegionId.TryParse(null, null, out _));
        Assert.False(Territory.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>(() => RegionId.Parse(null!));
        Assert.Throws<ArgumentNullException>(() => Territory.Parse(null!));
    }

    [Fact]
    public void The_default_value_names_nothing()
    {
        Assert.True(default(RegionId).IsUnspecified);
        Assert.Equal("", default(RegionId).ToString());
        Assert.NotEqual(default, RegionId.Parse("x"));
        Assert.True(default(Territory).IsUnspecified);
        Assert.Equal("", default(Territory).ToString());
        Assert.False(Territory.Parse("emea").IsUnspecified);
    }
}
