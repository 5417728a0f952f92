using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Samples.WebApi.Tests;

/// <summary>Two hosts in different regions over one database in memory. They share no objects but that, so each stands for a process.</summary>
public sealed class Hosts : IAsyncLifetime
{
    private readonly List<WebApplication> _hosts = [];
    private readonly SimulatedCluster _cluster = new SimulatedCluster()
        .AddShard("emea", static shard => shard.AddNode("us", "us-east-1").AddNode("eu", "eu-west-1").Holds("emea"));

    public SimulatedShard Database => _cluster["emea"];

    public Caller America { get; private set; } = null!;

    public Caller Europe { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        America = await StartAsync("us-east-1");
        Europe = await StartAsync("eu-west-1");
        await KnowReplicasAsync();
    }

    /// <summary>Another host, such as one that was started again.</summary>
    public async Task<Caller> StartAsync(string region, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(settings);
        builder.WebHost.UseTestServer();
        builder.AddSite().UseSimulatedCluster(_cluster, region);
        _hosts.Add(builder.Build().UseSite());
        await _hosts[^1].StartAsync();
        return new Caller(_hosts[^1].GetTestClient());
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    /// <summary>Clients find out in the background who is a replica; until then the primary answers for all.</summary>
    private async Task KnowReplicasAsync()
    {
        foreach (var host in _hosts)
        {
            var client = host.Services.GetRequiredService<IDataClient>();
            while (!client.Topology.Shards[0].Endpoints.All(static endpoint => endpoint.Role is EndpointRole.Primary or EndpointRole.Replica))
            {
                await Task.Yield();
            }
        }
    }
}
