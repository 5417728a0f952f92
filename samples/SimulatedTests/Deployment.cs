using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Samples.SimulatedTests;

/// <summary>
/// The application as it is deployed, in eu-west-1, over a database whose primary is in us-east-1. Time is virtual: a test that waits for minutes takes
/// milliseconds.
/// </summary>
public sealed class Deployment : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly ServiceProvider _services;

    public Deployment()
    {
        Cluster = SimulatedCluster.OnOneThread(_time, seed: 7)
            .UsePublishedRoundTrips()
            .AddShard("emea", static shard => shard
                .AddNode("us", "us-east-1")
                .AddNode("eu", "eu-west-1")
                .AddNode("de", "eu-central-1")
                .Holds("emea"));

        // What the application's Program does, and one line more.
        var services = new ServiceCollection();
        services.AddScoped<AccountService>();
        services.AddWebsiteBuilderData(new ConfigurationBuilder().Build().GetSection("Data"))
            .AddEntity(UserMap.Map, UserMap.Policy)
            .UseSimulatedCluster(Cluster, "eu-west-1");
        _services = services.BuildServiceProvider(validateScopes: true);

        Run(() => ((DataClient)_services.GetRequiredService<IDataClient>()).WaitUntilReadyAsync());
        Pass(10);
    }

    public SimulatedCluster Cluster { get; }

    public SimulatedShard Database => Cluster["emea"];

    public SimulatedNetwork Network => Cluster.Network;

    public TimeSpan Now => _time.Elapsed;

    public static UserKey Ada { get; } = new(Territory.Parse("emea"), new Guid("0ada0000-0000-0000-0000-000000000000"));

    /// <summary>One visitor's requests: a scope is a session.</summary>
    public AccountService Visitor() => _services.CreateScope().ServiceProvider.GetRequiredService<AccountService>();

    public T Run<T>(Func<Task<T>> operation) => _time.Run(operation);

    public void Run(Func<Task> operation) => _time.Run(operation);

    public void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    public void Dispose() => Run(() => _services.DisposeAsync().AsTask());
}
