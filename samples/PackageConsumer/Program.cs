using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WebsiteBuilder.Data;
using WebsiteBuilder.Data.Testing;

// An application as its Program would set it up, with one line more: a cluster in memory in place of servers.
var cluster = new SimulatedCluster().AddShard("emea", static shard => shard
    .AddNode("us", "us-east-1").AddNode("eu", "eu-west-1").Holds("emea"));
var configuration = new ConfigurationBuilder()
    .AddInMemoryCollection([new("Data:DefaultTimeout", "00:00:05")])
    .Build();
var services = new ServiceCollection();
services.AddWebsiteBuilderData(configuration.GetSection("Data"))
    .AddEntity(UserMap.Map, UserMap.Policy)
    .UseSimulatedCluster(cluster, "eu-west-1");
await using var provider = services.BuildServiceProvider(validateScopes: true);

var key = new UserKey(Territory.Parse("emea"), Guid.CreateVersion7());
SessionToken token;
await using (var request = provider.CreateAsyncScope())
{
    var now = provider.GetRequiredService<TimeProvider>().GetUtcNow();
    var write = await request.ServiceProvider.GetRequiredService<IRepository<User, UserKey>>()
        .InsertAsync(new User { Key = key, Email = "ada@example.org", CreatedAt = now, UpdatedAt = now });
    token = request.ServiceProvider.GetRequiredService<IDataSession>().Token;
    Console.WriteLine($"written in {write.Region}, version {write.Version}, durability {write.Reached}; the session goes on as {token}");
}

await using (var request = provider.CreateAsyncScope())
{
    request.ServiceProvider.GetRequiredService<IDataSession>().Merge(SessionToken.Parse(token.ToString()));
    var read = await request.ServiceProvider.GetRequiredService<IRepository<User, UserKey>>().FindAsync(key);
    Console.WriteLine($"read {read.Value?.Email} in {read.Region} from {read.Endpoint} ({read.Source}), at most {read.Age?.TotalMilliseconds ?? double.NaN:0} ms old: {read.Reason}");
    Console.WriteLine($"by {typeof(IDataClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, from a package");
    return read.Value?.Email == "ada@example.org" && !token.IsEmpty ? 0 : 1;
}
