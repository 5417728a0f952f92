using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Samples.SimulatedTests;

/// <summary>Where a test needs neither distances nor minutes, the system's clock and plain awaits will do.</summary>
public class SystemClockStory
{
    [Fact]
    public async Task An_account_can_be_renamed()
    {
        var cluster = new SimulatedCluster().AddShard("emea", static shard => shard
            .AddNode("us", "us-east-1").AddNode("eu", "eu-west-1").Holds("emea"));
        var services = new ServiceCollection();
        services.AddScoped<AccountService>();
        services.AddWebsiteBuilderData(new ConfigurationBuilder().Build().GetSection("Data"))
            .AddEntity(UserMap.Map, UserMap.Policy)
            .UseSimulatedCluster(cluster, "eu-west-1");
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        await using var scope = provider.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AccountService>();

        Assert.Equal(ChangeOutcome.Saved, await accounts.SignUpAsync(Deployment.Ada, "ada@example.org"));
        Assert.Equal(ChangeOutcome.Saved, await accounts.RenameAsync(Deployment.Ada, "countess"));
        Assert.Equal("countess", (await accounts.ShowAsync(Deployment.Ada))?.Username);
        Assert.Same(TimeProvider.System, provider.GetRequiredService<TimeProvider>());
    }
}
