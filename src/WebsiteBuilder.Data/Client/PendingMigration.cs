namespace WebsiteBuilder.Data;

/// <summary>A step that <see cref="DataClient.MigrateAsync(DataOptions, IProgress{string}, CancellationToken)"/> would apply to one database.</summary>
/// <param name="Shard">The shard's name.</param>
/// <param name="Name">The step's name, such as <c>0002_users</c>. Steps are applied in the order of their names.</param>
/// <param name="Sql">What is executed, in one transaction, together with the row that records it.</param>
public sealed record PendingMigration(string Shard, string Name, string Sql);
