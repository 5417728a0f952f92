using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data;

/// <summary>Completes what <see cref="DataServiceCollectionExtensions.AddWebsiteBuilderData"/> began.</summary>
public sealed class DataBuilder
{
    internal DataBuilder(IServiceCollection services, EntityRegistry entities)
    {
        Services = services;
        Entities = entities;
    }

    /// <summary>The services that are being set up.</summary>
    public IServiceCollection Services { get; }

    internal EntityRegistry Entities { get; }

    /// <summary>Registers an entity, and its repository as a scoped service that rides the scope's session. Do so before the client is first needed.</summary>
    /// <exception cref="ArgumentException">The entity is registered already.</exception>
    public DataBuilder AddEntity<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityPolicy? policy = null)
        where TEntity : class
        where TKey : notnull
    {
        Entities.Add(map, policy);
        Services.TryAddScoped(static provider => provider.GetRequiredService<IDataSession>().Repository<TEntity, TKey>());
        return this;
    }
}

/// <summary>Sets the library up with dependency injection.</summary>
public static class DataServiceCollectionExtensions
{
    /// <summary>
    /// Adds a singleton <see cref="IDataClient"/> and a scoped <see cref="IDataSession"/>; and, scoped, what rides it where <see cref="DataOptions.Directory"/> is set:
    /// <see cref="ITerritoryDirectory"/> and <see cref="IAccountDirectory"/>. Settings are checked when the client is first
    /// needed, and at start where the host runs start-up validation. Call it once: a second call's entities are not known to the client.
    /// The client is disposed with the container, which must be disposed asynchronously.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    /// <param name="configuration">The section that binds to <see cref="DataOptions"/>.</param>
    public static DataBuilder AddWebsiteBuilderData(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var entities = services.Select(static service => service.ImplementationInstance).OfType<EntityRegistry>().FirstOrDefault();
        if (entities is not null)
        {
            throw new InvalidOperationException("AddWebsiteBuilderData was called already; keep the builder that it returned.");
        }

        entities = new EntityRegistry();
        services.AddSingleton(entities);
        services.AddOptions<DataOptions>().Bind(configuration).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DataOptions>, DataOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IDataClient>(provider => ClientComposition.Build(
            provider.GetRequiredService<IOptions<DataOptions>>().Value,
            entities,
            provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
            new EngineRuntime(provider.GetRequiredService<TimeProvider>(), new Random())));
        services.TryAddScoped(static provider => provider.GetRequiredService<IDataClient>().OpenSession());
        services.TryAddScoped(static provider => provider.GetRequiredService<IDataSession>().Directory());
        services.TryAddScoped(static provider => provider.GetRequiredService<IDataSession>().Accounts());
        return new DataBuilder(services, entities);
    }

    /// <summary>
    /// Adds a singleton <see cref="IRedisChannel"/>, which is disposed with the container, and a singleton <see cref="RealTimeStore"/> on it. Needs nothing else of the library;
    /// what is registered already stays.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="channel">Makes the channel: a <see cref="RespChannel"/>, or an adapter over an application's own client.</param>
    /// <param name="configure">Settings of the store. Default: as they are.</param>
    public static IServiceCollection AddRealTimeStore(
        this IServiceCollection services, Func<IServiceProvider, IRedisChannel> channel, Action<RealTimeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(channel);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(channel);
        services.TryAddSingleton(provider =>
        {
            RealTimeOptions options = new();
            configure?.Invoke(options);
            return new RealTimeStore(provider.GetRequiredService<IRedisChannel>(), options, provider.GetRequiredService<TimeProvider>(), provider.GetService<ILoggerFactory>());
        });
        return services;
    }
}
