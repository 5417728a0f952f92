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

    /// <summary>All rows of a table with their keys, in the same order.</summary>
    public IEnumerable<KeyedRow> Keyed(string table) => _tables.TryGetValue(table, out var rows)
        ? rows.OrderBy(static row => row.Key, StringComparer.Ordinal).Select(static row => new KeyedRow(row.Key, row.Value))
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

        Apply(record.Changes);
    }

    /// <summary>The same rows, which change no more. Operation rows stay behind.</summary>
    public RowSet Copy()
    {
        var copy = new RowSet();
        foreach (var (table, rows) in _tables)
        {
            copy._tables.Add(table, new Dictionary<string, StoredRow>(rows, StringComparer.Ordinal));
        }

        foreach (var (value, key) in _unique)
        {
            copy._unique.Add(value, key);
        }

        return copy;
    }

    /// <summary>Makes changes, each of another row: first all go, then all come, as one row may take over a unique value of another.</summary>
    public void Apply(IReadOnlyList<RowChange> changes)
    {
        foreach (var change in changes)
        {
            Remove(change.Table, change.Key);
        }

        foreach (var change in changes)
        {
            if (change.Row is { } row)
            {
                Add(change.Table, change.Key, row);
            }
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

    private void Remove(string table, string key)
    {
        if (_tables.TryGetValue(table, out var rows) && rows.Remove(key, out var before))
        {
            foreach (var value in before.Unique)
            {
                _unique.Remove(value);
            }
        }
    }

    private void Add(string table, string key, StoredRow row)
    {
        if (!_tables.TryGetValue(table, out var rows))
        {
            _tables[table] = rows = new Dictionary<string, StoredRow>(StringComparer.Ordinal);
        }

        rows[key] = row;
        foreach (var value in row.Unique)
        {
            _unique[value] = key;
        }
    }
}
