using WebsiteBuilder.Data.Samples.WebApi;

// One host for each region, as if each were a process of its own: they share nothing but the database, and what callers carry.
const int FirstPort = 5081;
var configuration = new ConfigurationBuilder().AddCommandLine(args).Build();
await using var tier = await Tier.StartAsync(configuration["Tier"]);
var hosts = new List<WebApplication>();
try
{
    foreach (var region in Tier.Regions)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.UseUrls($"http://127.0.0.1:{FirstPort + hosts.Count}");
        tier.Plug(builder.AddSite(), region);
        hosts.Add(builder.Build().UseSite());
        await hosts[^1].StartAsync();
        Console.WriteLine($"{region}: {hosts[^1].Urls.Single()}");
    }

    await hosts[0].WaitForShutdownAsync();
}
finally
{
    foreach (var host in hosts)
    {
        await host.DisposeAsync();
    }
}
