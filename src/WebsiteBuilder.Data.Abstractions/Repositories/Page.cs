namespace WebsiteBuilder.Data;

/// <summary>Some of a query's entities, and where it goes on.</summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <param name="Items">The entities in the query's order, at most <see cref="Query{TEntity}.Limit"/>.</param>
/// <param name="Next">
/// The cursor for <see cref="Query{TEntity}.After(string)"/>; <see langword="null"/> if there were no more when this page was read. At most
/// <see cref="Query{TEntity}.MaxCursorLength"/> characters.
/// </param>
public sealed record Page<TEntity>(IReadOnlyList<TEntity> Items, string? Next)
    where TEntity : class;
