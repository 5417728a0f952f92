namespace WebsiteBuilder.Data;

/// <summary>Registers the entities of a website builder.</summary>
public static class WebsiteBuilderEntities
{
    /// <summary>
    /// Registers all entities that this library has tables for, each with its own policy: users, their sign-in sessions, security events and subscriptions; teams and members; projects, permissions,
    /// deployment configurations, deployments and custom domains; stock levels, orders, lines and financial transactions; jobs. Don't register one of them besides.
    /// </summary>
    /// <param name="entities">The registry.</param>
    /// <exception cref="ArgumentException">One of them is registered already.</exception>
    public static EntityRegistry AddWebsiteBuilder(this EntityRegistry entities)
    {
        ArgumentNullException.ThrowIfNull(entities);
        return entities
            .Add(UserMap.Map, UserMap.Policy)
            .Add(UserSessionMap.Map, UserSessionMap.Policy)
            .Add(SecurityEventMap.Map, SecurityEventMap.Policy)
            .Add(SubscriptionMap.Map, SubscriptionMap.Policy)
            .Add(TeamMap.Map, TeamMap.Policy)
            .Add(TeamMemberMap.Map, TeamMemberMap.Policy)
            .Add(ProjectMap.Map, ProjectMap.Policy)
            .Add(ProjectPermissionMap.Map, ProjectPermissionMap.Policy)
            .Add(DeploymentConfigurationMap.Map, DeploymentConfigurationMap.Policy)
            .Add(DeploymentMap.Map, DeploymentMap.Policy)
            .Add(CustomDomainMap.Map, CustomDomainMap.Policy)
            .Add(InventoryLevelMap.Map, InventoryLevelMap.Policy)
            .Add(OrderMap.Map, OrderMap.Policy)
            .Add(OrderLineMap.Map, OrderLineMap.Policy)
            .Add(FinancialTransactionMap.Map, FinancialTransactionMap.Policy)
            .Add(JobMap.Map, JobMap.Policy);
    }
}
