namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Evaluates queries over stored rows. Null passes no comparison, and sorts as PostgreSQL sorts it: last, or first where descending.</summary>
internal static class QueryEvaluation
{
    public static IReadOnlyList<StoredRow> Run<TEntity>(Query<TEntity> query, MappedTable<TEntity> table, IEnumerable<StoredRow> rows)
        where TEntity : class
    {
        foreach (var filter in query.Filters)
        {
            rows = rows.Where(Passes(filter));
        }

        var order = query.OrderOver(table);
        if (query.StartIn(order) is { } values)
        {
            var start = values.Select(static value => CellWriter.Capture(value.WriteTo)).ToArray();
            rows = rows.Where(row => Order(order, i => Cell(row, order[i].Column), i => start[i]) > 0);
        }

        var comparer = Comparer<StoredRow>.Create((one, other) => Order(order, i => Cell(one, order[i].Column), i => Cell(other, order[i].Column)));
        return [.. rows.Order(comparer).Take(query.Limit)];
    }

    private static Func<StoredRow, bool> Passes<TEntity>(Query<TEntity>.Filter filter)
        where TEntity : class
    {
        var values = filter.Values.Select(static value => CellWriter.Capture(value.WriteTo)!).ToArray();
        return filter.Kind switch
        {
            FilterKind.Null => row => Cell(row, filter.Column) is null,
            FilterKind.NotNull => row => Cell(row, filter.Column) is not null,
            FilterKind.In => row => Cell(row, filter.Column) is { } cell && values.Any(value => CellOrder.Compare(cell, value) == 0),
            _ => row => Cell(row, filter.Column) is { } cell && Passes(filter.Comparison, CellOrder.Compare(cell, values[0])),
        };
    }

    private static int Order<TEntity>(IReadOnlyList<Query<TEntity>.Ordering> order, Func<int, object?> one, Func<int, object?> other)
        where TEntity : class
    {
        for (var i = 0; i < order.Count; i++)
        {
            var compared = CellOrder.CompareNullable(one(i), other(i));
            if (compared != 0)
            {
                return order[i].Descending ? -compared : compared;
            }
        }

        return 0;
    }

    private static object? Cell<TEntity>(StoredRow row, EntityColumn<TEntity> column)
        where TEntity : class => column.IsVersion ? row.Version : row.Cells[column.Ordinal];

    private static bool Passes(Comparison comparison, int order) => comparison switch
    {
        Comparison.Equal => order == 0,
        Comparison.NotEqual => order != 0,
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        _ => order >= 0,
    };
}
