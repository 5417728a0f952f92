namespace WebsiteBuilder.Data;

/// <summary>Starts queries: <c>Query.All(UserMap.Map).In(territory).Where(UserMap.Status, Comparison.Equal, "active").Take(50)</c>.</summary>
public static class Query
{
    /// <summary>All entities, 1,000 at most.</summary>
    public static Query<TEntity> All<TEntity>()
        where TEntity : class => new(null);

    /// <summary>
    /// All entities of a map, 1,000 at most. The same as <see cref="All{TEntity}()"/>, but the query knows the key from the beginning, so that it makes and
    /// takes cursors even if it names no column.
    /// </summary>
    public static Query<TEntity> All<TEntity, TKey>(EntityMap<TEntity, TKey> map)
        where TEntity : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(map);
        return new(map.Mapped);
    }
}

/// <summary>
/// A typed query over one entity's mapped columns: filters that must all hold, an order, a start, a limit. Immutable and thread-safe: each method returns
/// a new one. Values travel as parameters, never as text.
/// </summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <remarks>
/// Columns can be compared and ordered whose values are <see cref="bool"/>, <see cref="byte"/>, <see cref="short"/>, <see cref="int"/>, <see cref="long"/>,
/// <see cref="float"/>, <see cref="double"/>, <see cref="decimal"/>, <see cref="string"/>, <see cref="Guid"/>, <see cref="DateTimeOffset"/>,
/// <see cref="DateTime"/>, <see cref="DateOnly"/>, <see cref="TimeOnly"/>, <see cref="TimeSpan"/> or <see cref="byte"/>[], or one of these or null. Other types,
/// JSON, and columns of another map are refused with <see cref="ArgumentException"/>. Texts compare as the column's collation says.
/// The order is always total: it is completed by the key's columns, in the direction of the last column that was asked for. Null sorts last, and first
/// where descending.
/// </remarks>
public sealed class Query<TEntity>
    where TEntity : class
{
    /// <summary>The most rows that one query returns.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>The most values that one <see cref="WhereIn"/> takes.</summary>
    public const int MaxValues = 10_000;

    /// <summary>The most filters of one query.</summary>
    public const int MaxFilters = 100;

    /// <summary>The longest cursor, in characters.</summary>
    public const int MaxCursorLength = QueryCursor.MaxLength;

    internal Query(MappedTable<TEntity>? table)
    {
        Table = table;
        Limit = 1_000;
        Filters = [];
        Order = [];
    }

    private Query(Query<TEntity> other)
    {
        Table = other.Table;
        Territory = other.Territory;
        Limit = other.Limit;
        Filters = other.Filters;
        Order = other.Order;
        Start = other.Start;
    }

    /// <summary>The territory whose entities are wanted.</summary>
    public Territory Territory { get; private init; }

    /// <summary>The most rows wanted: 1 to 10,000. Default: 1,000.</summary>
    public int Limit { get; private init; }

    internal IReadOnlyList<Filter> Filters { get; private init; }

    /// <summary>What was asked for, each column once; <see cref="OrderOver"/> completes it.</summary>
    internal IReadOnlyList<Ordering> Order { get; private init; }

    /// <summary>The table that its columns belong to; null while none is known.</summary>
    internal MappedTable<TEntity>? Table { get; private init; }

    private QueryStart<TEntity>? Start { get; init; }

    /// <summary>Wants entities of one territory. Required for entities with territory.</summary>
    public Query<TEntity> In(Territory territory) => new(this) { Territory = territory };

    /// <summary>Adds a filter. Rows in which the column is null never pass.</summary>
    /// <exception cref="ArgumentException">The column can't be compared, or the value is null.</exception>
    /// <exception cref="InvalidOperationException">The query has 100 filters.</exception>
    public Query<TEntity> Where<T>(EntityColumn<TEntity, T> column, Comparison comparison, T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentOutOfRangeException.ThrowIfLessThan((int)comparison, (int)Comparison.Equal, nameof(comparison));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)comparison, (int)Comparison.GreaterOrEqual, nameof(comparison));
        RequireComparable(column);
        return With(new Filter(column, FilterKind.Compare, comparison, [new CapturedValue<T>(value)]));
    }

    /// <summary>Adds a filter: the column's value is one of these. Rows in which the column is null never pass; without values no row does.</summary>
    /// <param name="column">The column.</param>
    /// <param name="values">Up to 10,000, none of them null; copied.</param>
    /// <exception cref="ArgumentException">The column can't be compared, or a value is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are more values.</exception>
    /// <exception cref="InvalidOperationException">The query has 100 filters.</exception>
    public Query<TEntity> WhereIn<T>(EntityColumn<TEntity, T> column, IReadOnlyCollection<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        RequireComparable(column);
        var captured = new List<CapturedValue>();
        foreach (var value in values)
        {
            if (value is null)
            {
                throw new ArgumentException("Null equals nothing; WhereNull asks for it.", nameof(values));
            }

            if (captured.Count == MaxValues)
            {
                throw new ArgumentOutOfRangeException(nameof(values), values.Count, $"One filter takes {MaxValues} values at most; split them.");
            }

            captured.Add(new CapturedValue<T>(value));
        }

        return With(new Filter(column, FilterKind.In, Comparison.Equal, captured));
    }

    /// <summary>Adds a filter: the column is null. For any column, JSON included.</summary>
    /// <exception cref="ArgumentException">The column belongs to another map.</exception>
    /// <exception cref="InvalidOperationException">The query has 100 filters.</exception>
    public Query<TEntity> WhereNull(EntityColumn<TEntity> column)
    {
        ArgumentNullException.ThrowIfNull(column);
        return With(new Filter(column, FilterKind.Null, Comparison.Unspecified, []));
    }

    /// <summary>
    /// Adds a filter: the column isn't null. For any column, JSON included. A query that is ordered by a text column continues more cheaply with this filter:
    /// without it the store must expect nulls.
    /// </summary>
    /// <exception cref="ArgumentException">The column belongs to another map.</exception>
    /// <exception cref="InvalidOperationException">The query has 100 filters.</exception>
    public Query<TEntity> WhereNotNull(EntityColumn<TEntity> column)
    {
        ArgumentNullException.ThrowIfNull(column);
        return With(new Filter(column, FilterKind.NotNull, Comparison.Unspecified, []));
    }

    /// <summary>Adds a column to the order, after the ones already there. A column that is there already changes nothing.</summary>
    /// <exception cref="ArgumentException">The column can't be compared.</exception>
    /// <exception cref="InvalidOperationException">The query has a start already, which is a place in its order.</exception>
    public Query<TEntity> OrderBy(EntityColumn<TEntity> column, bool descending = false)
    {
        RequireComparable(column);
        if (Start is not null)
        {
            throw new InvalidOperationException("The order comes before After, which is a place in it.");
        }

        return Order.Any(ordering => ordering.Column == column)
            ? this
            : new(this) { Table = TableWith(column), Order = [.. Order, new Ordering(column, descending)] };
    }

    /// <summary>
    /// Continues behind an entity, in the query's order: the last one of the page before. What was inserted or moved behind that place since then is shown, and what was
    /// not touched is neither lost nor shown twice. Replaces an earlier start.
    /// </summary>
    /// <param name="last">As it was read. It need not exist any more. Its ordered values are taken when the query runs.</param>
    /// <remarks>An entity whose key has a part that is null is refused with <see cref="ArgumentException"/> when the query runs.</remarks>
    public Query<TEntity> After(TEntity last)
    {
        ArgumentNullException.ThrowIfNull(last);
        return new(this) { Start = new QueryStart<TEntity>(last, null) };
    }

    /// <summary>Continues behind the entity that a cursor was made of. Replaces an earlier start.</summary>
    /// <param name="cursor">From <see cref="CursorOf"/> or <see cref="Page{TEntity}.Next"/>, of a query with the same order. Filters and territory are not in it.</param>
    /// <exception cref="FormatException">It is no cursor, or one of another order.</exception>
    /// <exception cref="InvalidOperationException">The query names no column yet, so that its key isn't known: begin with <see cref="Query.All{TEntity, TKey}(EntityMap{TEntity, TKey})"/>.</exception>
    public Query<TEntity> After(string cursor)
    {
        ArgumentNullException.ThrowIfNull(cursor);
        var table = RequireTable();
        return new(this) { Start = new QueryStart<TEntity>(null, QueryCursor.Decode(cursor, table, OrderOver(table))) };
    }

    /// <summary>
    /// The place of an entity in the query's order, as text for URLs and HTTP: letters, digits, '-' and '_', up to 4,096. It holds the entity's values of the ordered and the key
    /// columns in clear, and isn't signed: it is no secret and no proof. Whoever changes it gets another place of the same query, which they could have asked for.
    /// </summary>
    /// <param name="last">The last entity of a page, as it was read.</param>
    /// <exception cref="ArgumentException">Its values don't fit into a cursor (order by shorter columns), aren't valid text, or a part of its key is null.</exception>
    /// <exception cref="InvalidOperationException">The query names no column yet, so that its key isn't known: begin with <see cref="Query.All{TEntity, TKey}(EntityMap{TEntity, TKey})"/>.</exception>
    public string CursorOf(TEntity last)
    {
        ArgumentNullException.ThrowIfNull(last);
        var table = RequireTable();
        var order = OrderOver(table);
        return QueryCursor.Encode(table, order, new QueryStart<TEntity>(last, null).Values(order));
    }

    /// <summary>Limits the rows, 1 to 10,000. <see cref="After(TEntity)"/> asks for the next page.</summary>
    public Query<TEntity> Take(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
        return new(this) { Limit = limit };
    }

    /// <summary>The query over a map.</summary>
    /// <exception cref="ArgumentException">Its columns belong to another one.</exception>
    internal Query<TEntity> Over(MappedTable<TEntity> table) =>
        Table == table ? this : Table is null ? new(this) { Table = table } : throw OtherMap("query");

    /// <summary>One row more than wanted, to learn whether there is another page.</summary>
    internal Query<TEntity> WithOneMore() => new(this) { Limit = Limit + 1 };

    /// <summary>The order, completed by the key.</summary>
    internal IReadOnlyList<Ordering> OrderOver(MappedTable<TEntity> table)
    {
        var descending = Order.Count > 0 && Order[^1].Descending;
        var missing = table.KeyColumns.Where(key => Order.All(ordering => ordering.Column != key));
        return [.. Order, .. missing.Select(key => new Ordering(key, descending))];
    }

    /// <summary>Behind what the query begins, one value for each column of an order; null for the beginning.</summary>
    internal IReadOnlyList<CapturedValue>? StartIn(IReadOnlyList<Ordering> order) => Start?.Values(order);

    /// <summary>Whether no row that passes the filters can hold null in a column.</summary>
    internal bool IsNeverNull(EntityColumn<TEntity> column) =>
        column.IsNeverNull || Filters.Any(filter => filter.Column == column && filter.Kind != FilterKind.Null);

    private static ArgumentException OtherMap(string parameter) => new("The column belongs to another map.", parameter);

    private Query<TEntity> With(Filter filter) => Filters.Count < MaxFilters
        ? new(this) { Table = TableWith(filter.Column), Filters = [.. Filters, filter] }
        : throw new InvalidOperationException($"A query has {MaxFilters} filters at most; WhereIn takes many values.");

    private MappedTable<TEntity>? TableWith(EntityColumn<TEntity> column) =>
        Table is null || column.Table is null || column.Table == Table ? Table ?? column.Table : throw OtherMap(nameof(column));

    private MappedTable<TEntity> RequireTable() => Table
        ?? throw new InvalidOperationException("The query names no column, so that its key isn't known: begin it with Query.All(map).");

    private static void RequireComparable(EntityColumn<TEntity> column)
    {
        ArgumentNullException.ThrowIfNull(column);
        if (column.IsJson)
        {
            throw new ArgumentException("A JSON column can't be compared.", nameof(column));
        }

        if (!QueryCursor.Takes(column.ValueType))
        {
            throw new ArgumentException($"Values of type {column.ValueType.Name} can't be compared in a query; numbers, texts, Guids, times, booleans and bytes can.", nameof(column));
        }
    }

    internal sealed record Filter(EntityColumn<TEntity> Column, FilterKind Kind, Comparison Comparison, IReadOnlyList<CapturedValue> Values);

    internal sealed record Ordering(EntityColumn<TEntity> Column, bool Descending);
}

/// <summary>What a filter asks.</summary>
internal enum FilterKind
{
    Compare = 1,
    In = 2,
    Null = 3,
    NotNull = 4,
}

/// <summary>Behind what a query begins: an entity, or the values of a cursor.</summary>
internal sealed class QueryStart<TEntity>(TEntity? last, IReadOnlyList<CapturedValue>? values)
    where TEntity : class
{
    /// <exception cref="ArgumentException">A part of the entity's key is null.</exception>
    public IReadOnlyList<CapturedValue> Values(IReadOnlyList<Query<TEntity>.Ordering> order)
    {
        if (values is not null)
        {
            return values;
        }

        var capture = new ValueCapture();
        foreach (var ordering in order)
        {
            ordering.Column.Write(last!, capture);
            if (ordering.Column.IsNeverNull && capture.Values[^1].IsNull)
            {
                throw new ArgumentException("No part of a key can be null.", nameof(order));
            }
        }

        return capture.Values;
    }
}
