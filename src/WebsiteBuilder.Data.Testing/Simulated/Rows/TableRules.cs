using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The constraints of one table. Complete before the first write; not thread-safe until then.</summary>
internal sealed class TableRules(string table)
{
    private readonly HashSet<string> _unique = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _required = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _longest = new(StringComparer.OrdinalIgnoreCase);

    public string Table { get; } = table;

    public void Unique(string column) => _unique.Add(column);

    public void Required(string column) => _required.Add(column);

    public void Longest(string column, int characters) => _longest[column] = characters;

    /// <summary>The row that holds an entity.</summary>
    /// <exception cref="StoreFaultException">A value can't be stored.</exception>
    public StoredRow Row<TEntity, TKey>(EntityMap<TEntity, TKey> map, TEntity entity, long version)
        where TEntity : class
        where TKey : notnull
    {
        var writer = new CellWriter();
        foreach (var column in map.Columns)
        {
            column.Write(entity, writer);
        }

        var cells = writer.ToCells();
        var unique = new List<UniqueValue>();
        foreach (var column in map.Columns)
        {
            Check(column.Name, column.IsKey, cells[column.Ordinal]);
            if (_unique.Contains(column.Name) && cells[column.Ordinal] is { } value)
            {
                unique.Add(new UniqueValue(map.Table, column.Name, value));
            }
        }

        return new StoredRow(cells, version, unique);
    }

    private void Check(string column, bool isKey, object? cell)
    {
        if (cell is null && (isKey || _required.Contains(column)))
        {
            throw new StoreFaultException(StoreFaultKind.Conflict, WriteDisposition.NotApplied, "A required column is null.")
            {
                Code = "23502",
                Conflict = ConflictKind.Constraint,
            };
        }

        if (cell is string text && _longest.TryGetValue(column, out var longest) && text.EnumerateRunes().Count() > longest)
        {
            throw new StoreFaultException(StoreFaultKind.Rejected, WriteDisposition.NotApplied, "A text is too long.") { Code = "22001" };
        }
    }
}
