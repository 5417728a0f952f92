using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Repositories.Directories;

/// <summary>How an application gets at the directory.</summary>
public class RegistrationTests
{
    private const string Secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    [Fact]
    public async Task The_directory_is_part_of_a_scope_where_settings_name_one()
    {
        await using var services = Services(new() { ["Directory:Shard"] = "emea", ["Directory:Keys:1"] = Secret, ["Directory:ReservationTime"] = "00:00:30" });
        await using var scope = services.CreateAsyncScope();

        Assert.NotNull(scope.ServiceProvider.GetRequiredService<IAccountDirectory>());
        Assert.NotNull(scope.ServiceProvider.GetRequiredService<ITerritoryDirectory>());
        var accounts = scope.ServiceProvider.GetRequiredService<IAccountDirectory>();
        var user = World.User(1);
        await accounts.CreateAsync(user);
        Assert.Equal(user.Key, (await accounts.FindByEmailAsync(user.Email)).Value?.Key);
    }

    [Fact]
    public async Task Without_settings_it_says_what_to_set()
    {
        await using var services = Services([]);
        await using var scope = services.CreateAsyncScope();

        var refused = Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService<IAccountDirectory>());
        Assert.Contains("Directory:Shard", refused.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings)
    {
        var cluster = new SimulatedCluster().AddShard("emea", static shard => shard.AddNode("eu", "eu-west-1").Holds("emea"));
        var services = new ServiceCollection();
        services.AddWebsiteBuilderData(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddEntity(UserMap.Map, UserMap.Policy)
            .UseSimulatedCluster(cluster, "eu-west-1");
        return services.BuildServiceProvider();
    }
}
