namespace WebsiteBuilder.Data;

/// <summary>Registers the entities of a website builder.</summary>
public static class WebsiteBuilderEntities
{
    /// <summary>
    /// Registers all entities that this library has tables for, each with its own policy: users, their sign-in sessions, security events and subscriptions; teams and members; projects, permissions,
    /// deployment configurations, deployments and custom domains; stock levels, orders, lines and financial transactions; jobs; shopping carts. Don't register one of them besides.
    /// </summary>
    /// <param name="entities">The registry.</param>
    /// <exception cref="ArgumentException">One of them is registered already.</exception>
    public static EntityRegistry AddWebsiteBuilder(this EntityRegistry entities)
    {
        ArgumentNullException.ThrowIfNull(entities);
        AddAll(new Registry(entities));
        return entities;
    }

    /// <inheritdoc cref="AddWebsiteBuilder(EntityRegistry)"/>
    /// <param name="builder">What <see cref="DataServiceCollectionExtensions.AddWebsiteBuilderData"/> returned. Each entity's repository becomes a scoped service, too.</param>
    public static DataBuilder AddWebsiteBuilder(this DataBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddAll(new Services(builder));
        return builder;
    }

    private static void AddAll(IEntityTarget target)
    {
        target.Add(UserMap.Map, UserMap.Policy);
        target.Add(UserSessionMap.Map, UserSessionMap.Policy);
        target.Add(SecurityEventMap.Map, SecurityEventMap.Policy);
        target.Add(SubscriptionMap.Map, SubscriptionMap.Policy);
        target.Add(TeamMap.Map, TeamMap.Policy);
        target.Add(TeamMemberMap.Map, TeamMemberMap.Policy);
        target.Add(ProjectMap.Map, ProjectMap.Policy);
        target.Add(ProjectPermissionMap.Map, ProjectPermissionMap.Policy);
        target.Add(DeploymentConfigurationMap.Map, DeploymentConfigurationMap.Policy);
        target.Add(DeploymentMap.Map, DeploymentMap.Policy);
        target.Add(CustomDomainMap.Map, CustomDomainMap.Policy);
        target.Add(InventoryLevelMap.Map, InventoryLevelMap.Policy);
        target.Add(OrderMap.Map, OrderMap.Policy);
        target.Add(OrderLineMap.Map, OrderLineMap.Policy);
        target.Add(FinancialTransactionMap.Map, FinancialTransactionMap.Policy);
        target.Add(JobMap.Map, JobMap.Policy);
        target.Add(CartMap.Map, CartMap.Policy);
    }

    private interface IEntityTarget
    {
        void Add<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityPolicy policy)
            where TEntity : class
            where TKey : notnull;
    }

    private sealed class Registry(EntityRegistry entities) : IEntityTarget
    {
        public void Add<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityPolicy policy)
            where TEntity : class
            where TKey : notnull => entities.Add(map, policy);
    }

    private sealed class Services(DataBuilder builder) : IEntityTarget
    {
        public void Add<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityPolicy policy)
            where TEntity : class
            where TKey : notnull => builder.AddEntity(map, policy);
    }
}
