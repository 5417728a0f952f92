namespace WebsiteBuilder.Data;

/// <summary>What the columns of one map know of each other.</summary>
/// <param name="Name">The table.</param>
/// <param name="Columns">All columns, by ordinal.</param>
/// <param name="KeyColumns">Those of the key.</param>
internal sealed record MappedTable<TEntity>(
    string Name, IReadOnlyList<EntityColumn<TEntity>> Columns, IReadOnlyList<EntityColumn<TEntity>> KeyColumns)
    where TEntity : class;
