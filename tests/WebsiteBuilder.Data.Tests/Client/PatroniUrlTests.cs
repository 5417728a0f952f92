using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace WebsiteBuilder.Data.Tests.Client;

/// <summary>What comes of the addresses of Patroni that people write into configuration.</summary>
public class PatroniUrlTests
{
    [Theory]
    [InlineData("http://10.0.0.1:8008")]
    [InlineData("https://patroni-1.example.org:8008/")]
    public async Task An_address_is_bound_and_passes(string text) => Assert.Equal(new Uri(text), (await BoundAsync(text)).Shards[0].Endpoints[0].PatroniUrl);

    [Fact]
    public async Task Without_one_there_is_none() => Assert.Null((await BoundAsync(null)).Shards[0].Endpoints[0].PatroniUrl);

    [Theory]
    [InlineData("10.0.0.1:8008")]
    [InlineData("patroni-1:8008")]
    [InlineData("//10.0.0.1:8008")]
    [InlineData("http://10.0.0.1:8008/patroni")]
    [InlineData("http://10.0.0.1:8008?node=1")]
    public async Task What_is_none_is_named_and_not_quoted(string text)
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => BoundAsync(text));

        Assert.StartsWith("Shards:0:Endpoints:0:PatroniUrl", Assert.Single(refused.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("8008", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<DataOptions> BoundAsync(string? url)
    {
        var services = new ServiceCollection();
        services.AddWebsiteBuilderData(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["LocalRegion"] = "eu-west-1",
            ["Shards:0:Number"] = "0",
            ["Shards:0:Name"] = "emea",
            ["Shards:0:Endpoints:0:Name"] = "a",
            ["Shards:0:Endpoints:0:Region"] = "eu-west-1",
            ["Shards:0:Endpoints:0:ConnectionString"] = "Host=10.0.0.1",
            ["Shards:0:Endpoints:0:PatroniUrl"] = url,
        }).Build());
        await using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<DataOptions>>().Value;
    }
}
