namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Evaluates queries over stored rows. Null passes no filter, and sorts as PostgreSQL sorts it: last, or first where descending.</summary>
internal static class QueryEvaluation
{
    public static IReadOnlyList<StoredRow> Run<TEntity>(Query<TEntity> query, IEnumerable<StoredRow> rows)
        where TEntity : class
    {
        foreach (var filter in query.Filters)
        {
            var value = CellWriter.Capture(filter.WriteValue)!;
            rows = rows.Where(row => Cell(row, filter.Column) is { } cell && Passes(filter.Comparison, Compare(cell, value)));
        }

        IOrderedEnumerable<StoredRow>? ordered = null;
        foreach (var order in query.Order)
        {
            Func<StoredRow, object?> cell = row => Cell(row, order.Column);
            var comparer = Comparer<object?>.Create(order.Descending ? static (one, other) => CompareNullable(other, one) : CompareNullable);
            ordered = ordered is null ? rows.OrderBy(cell, comparer) : ordered.ThenBy(cell, comparer);
        }

        return [.. (ordered ?? rows).Take(query.Limit)];
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

    private static int CompareNullable(object? one, object? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        _ => Compare(one, other),
    };

    private static int Compare(object one, object other) => (one, other) switch
    {
        (string text, string with) => string.CompareOrdinal(text, with),
        (byte[] bytes, byte[] with) => bytes.AsSpan().SequenceCompareTo(with),
        _ => ((IComparable)one).CompareTo(other),
    };
}
