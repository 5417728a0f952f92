namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The rows that one node shows, by table and key, with an index of the unique values.</summary>
internal sealed class RowSet
{
    private readonly Dictionary<string, Dictionary<string, StoredRow>> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<UniqueValue, string> _unique = [];
    private readonly Dictionary<Guid, OperationRow> _operations = [];

    public StoredRow? Find(string table, string key) =>
        _tables.TryGetValue(table, out var rows) ? rows.GetValueOrDefault(key) : null;

    /// <summary>All rows of a table, in the order of their keys' bytes, so that answers don't depend on chance.</summary>
    public IEnumerable<StoredRow> All(string table) => _tables.TryGetValue(table, out var rows)
        ? rows.OrderBy(static row => row.Key, StringComparer.Ordinal).Select(static row => row.Value)
        : [];

    /// <summary>The key of the row that has a unique value.</summary>
    public string? OwnerOf(UniqueValue value) => _unique.GetValueOrDefault(value);

    public OperationRow? Operation(Guid id) => _operations.GetValueOrDefault(id);

    /// <summary>The ids of the operation rows for which something holds.</summary>
    public IEnumerable<Guid> Operations(Func<OperationRow, bool> where) => _operations.Where(row => where(row.Value)).Select(static row => row.Key);

    public void Apply(LogRecord record)
    {
        foreach (var (id, row) in record.Operations)
        {
            if (row is null)
            {
                _operations.Remove(id);
            }
            else
            {
                _operations[id] = row;
            }
        }

        foreach (var change in record.Changes)
        {
            Apply(change);
        }
    }

    /// <summary>Shows what the first records of a log leave, and nothing else.</summary>
    public void Rebuild(LogBranch log, int records)
    {
        Clear();
        for (var i = 0; i < records; i++)
        {
            Apply(log[i]);
        }
    }

    public void Clear()
    {
        _tables.Clear();
        _unique.Clear();
        _operations.Clear();
    }

    private void Apply(RowChange change)
    {
        if (!_tables.TryGetValue(change.Table, out var rows))
        {
            _tables[change.Table] = rows = new Dictionary<string, StoredRow>(StringComparer.Ordinal);
        }

        if (rows.Remove(change.Key, out var before))
        {
            foreach (var value in before.Unique)
            {
                _unique.Remove(value);
            }
        }

        if (change.Row is { } row)
        {
            rows[change.Key] = row;
            foreach (var value in row.Unique)
            {
                _unique[value] = change.Key;
            }
        }
    }
}
