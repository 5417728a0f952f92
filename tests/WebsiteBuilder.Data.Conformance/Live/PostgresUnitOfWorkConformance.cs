namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Units of work against real servers.</summary>
public sealed class PostgresUnitOfWorkConformance(PostgresRepositoryConformance.Tier tier) : UnitOfWorkConformance<PostgresRepositoryConformance.Tier>(tier);
