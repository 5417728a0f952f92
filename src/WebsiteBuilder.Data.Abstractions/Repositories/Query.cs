namespace WebsiteBuilder.Data;

/// <summary>How a column is compared with a value.</summary>
public enum Comparison
{
    /// <summary>Not said; refused.</summary>
    Unspecified = 0,

    /// <summary>Equal.</summary>
    Equal = 1,

    /// <summary>Not equal.</summary>
    NotEqual = 2,

    /// <summary>Less.</summary>
    Less = 3,

    /// <summary>Less or equal.</summary>
    LessOrEqual = 4,

    /// <summary>Greater.</summary>
    Greater = 5,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual = 6,
}

/// <summary>Starts queries: <c>Query.All&lt;User&gt;().In(territory).Where(UserMap.Status, Comparison.Equal, "active").Take(50)</c>.</summary>
public static class Query
{
    /// <summary>All entities, 1,000 at most.</summary>
    public static Query<TEntity> All<TEntity>()
        where TEntity : class => new(default, [], [], 1_000);
}

/// <summary>
/// A typed query over one entity's mapped columns: filters that must all hold, an order, a limit. Immutable: each method returns a new
/// one. Values travel as parameters, never as text.
/// </summary>
/// <typeparam name="TEntity">The entity.</typeparam>
public sealed class Query<TEntity>
    where TEntity : class
{
    /// <summary>The most rows that one query returns.</summary>
    public const int MaxLimit = 10_000;

    internal Query(Territory territory, IReadOnlyList<Filter> filters, IReadOnlyList<Ordering> order, int limit)
    {
        Territory = territory;
        Filters = filters;
        Order = order;
        Limit = limit;
    }

    /// <summary>The territory whose entities are wanted.</summary>
    public Territory Territory { get; }

    /// <summary>The most rows wanted: 1 to 10,000. Default: 1,000.</summary>
    public int Limit { get; }

    internal IReadOnlyList<Filter> Filters { get; }

    internal IReadOnlyList<Ordering> Order { get; }

    /// <summary>Wants entities of one territory. Required for entities with territory.</summary>
    public Query<TEntity> In(Territory territory) => new(territory, Filters, Order, Limit);

    /// <summary>Adds a filter. Rows in which the column is null never pass.</summary>
    /// <exception cref="ArgumentException">The column holds JSON, or the value is null.</exception>
    public Query<TEntity> Where<T>(EntityColumn<TEntity, T> column, Comparison comparison, T value)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentOutOfRangeException.ThrowIfLessThan((int)comparison, (int)Comparison.Equal, nameof(comparison));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)comparison, (int)Comparison.GreaterOrEqual, nameof(comparison));
        if (column.IsJson)
        {
            throw new ArgumentException("A JSON column can't be compared.", nameof(column));
        }

        return new(Territory, [.. Filters, new Filter(column, comparison, writer => writer.Write(value))], Order, Limit);
    }

    /// <summary>Adds a column to the order, after the ones already there.</summary>
    public Query<TEntity> OrderBy(EntityColumn<TEntity> column, bool descending = false)
    {
        ArgumentNullException.ThrowIfNull(column);
        return new(Territory, Filters, [.. Order, new Ordering(column, descending)], Limit);
    }

    /// <summary>Limits the rows, 1 to 10,000. The next page starts with a filter on the last row's value of the ordered columns.</summary>
    public Query<TEntity> Take(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        return new(Territory, Filters, Order, limit);
    }

    internal sealed record Filter(EntityColumn<TEntity> Column, Comparison Comparison, Action<EntityWriter> WriteValue);

    internal sealed record Ordering(EntityColumn<TEntity> Column, bool Descending);
}
