using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data;

/// <summary>Puts a simulated cluster behind an application's own registration.</summary>
public static class SimulatedClusterRegistration
{
    /// <summary>
    /// Lets the client talk to a simulated cluster instead of real servers. <see cref="IDataClient"/>, <see cref="IDataSession"/> and repositories resolve as in
    /// production, with the entities and settings registered there; only the shards and the local region are the cluster's and the given one, so connection strings
    /// aren't needed. <see cref="TimeProvider"/> resolves to the cluster's clock, so that the application's own code runs on it, too.
    /// </summary>
    /// <remarks>
    /// Call it last, after the cluster has its shards. Several containers may share a cluster, one for each process of the application. With
    /// <see cref="SimulatedCluster.OnOneThread"/> the container must be disposed as an event of the clock, too: <c>time.Run(() => provider.DisposeAsync().AsTask())</c>.
    /// </remarks>
    /// <param name="builder">What <see cref="DataServiceCollectionExtensions.AddWebsiteBuilderData"/> returned.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="localRegion">Where the application runs, such as <c>eu-west-1</c>.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="FormatException">The text isn't a region name.</exception>
    public static DataBuilder UseSimulatedCluster(this DataBuilder builder, SimulatedCluster cluster, string localRegion)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(localRegion);
        var region = RegionId.Parse(localRegion);
        var entities = builder.Entities;
        builder.Services.PostConfigure<DataOptions>(options => cluster.Describe(options, region));
        builder.Services.Replace(ServiceDescriptor.Singleton(cluster.Time));
        builder.Services.Replace(ServiceDescriptor.Singleton<IDataClient>(provider => cluster.CreateClient(
            provider.GetRequiredService<IOptions<DataOptions>>().Value,
            entities,
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance)));
        return builder;
    }
}
