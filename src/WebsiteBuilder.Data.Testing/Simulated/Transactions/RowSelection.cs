namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A row and its key.</summary>
internal readonly record struct KeyedRow(string Key, StoredRow Row);

/// <summary>What a read in a transaction asks for, so that it can be asked again.</summary>
internal sealed class RowSelection
{
    private readonly Func<RowSet, Func<string, bool>, IReadOnlyList<KeyedRow>> _select;

    private RowSelection(string table, Func<RowSet, Func<string, bool>, IReadOnlyList<KeyedRow>> select)
    {
        Table = table;
        _select = select;
    }

    public string Table { get; }

    public static RowSelection Of<TEntity, TKey>(EntityMap<TEntity, TKey> map, TKey key)
        where TEntity : class
        where TKey : notnull
    {
        var name = WriteDecision.KeyOf(map, key);
        return new RowSelection(map.Table, (rows, shows) => rows.Find(map.Table, name) is { } row && shows(name) ? [new KeyedRow(name, row)] : []);
    }

    public static RowSelection Of<TEntity, TKey>(EntityMap<TEntity, TKey> map, Query<TEntity> query)
        where TEntity : class
        where TKey : notnull => new(map.Table, (rows, shows) =>
        {
            KeyedRow[] all = [.. rows.Keyed(map.Table).Where(row => shows(row.Key))];
            var keys = all.ToDictionary(static row => row.Row, static row => row.Key, (IEqualityComparer<StoredRow>)ReferenceEqualityComparer.Instance);
            return [.. QueryEvaluation.Run(query, map.Mapped, all.Select(static row => row.Row)).Select(row => new KeyedRow(keys[row], row))];
        });

    public IReadOnlyList<KeyedRow> From(RowSet rows) => _select(rows, static _ => true);

    /// <summary>Without those that are not to show, which don't count against a limit either.</summary>
    public IReadOnlyList<KeyedRow> From(RowSet rows, Func<string, bool> shows) => _select(rows, shows);
}
