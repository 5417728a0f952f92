namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>What one transaction keeps from others: a row by its key, or a unique value by its column.</summary>
internal readonly record struct LockName(string Table, string Name, object? Value)
{
    public static LockName Of(string table, string key) => new(table, key, null);

    public static LockName Of(UniqueValue value) => new(value.Table, value.Column, value.Value);
}

/// <summary>The locks of a primary's open transactions. They are in memory only, and gone with the server. Under the shard's lock.</summary>
internal sealed class RowLocks
{
    private readonly Dictionary<LockName, NodeTransaction> _holders = [];

    public NodeTransaction? HolderOf(LockName name) => _holders.GetValueOrDefault(name);

    public void Take(LockName name, NodeTransaction holder) => _holders[name] = holder;

    public void Release(NodeTransaction holder)
    {
        foreach (var (name, _) in _holders.Where(held => held.Value == holder).ToArray())
        {
            _holders.Remove(name);
        }
    }

    public void Clear() => _holders.Clear();

    /// <summary>Whether a write of one statement has to wait for a transaction.</summary>
    public bool Block(string table, string key) => _holders.Count > 0 && _holders.ContainsKey(LockName.Of(table, key));

    /// <inheritdoc cref="Block(string, string)"/>
    public bool Block(RowChange change) =>
        _holders.Count > 0 && (Block(change.Table, change.Key) || (change.Row?.Unique.Any(value => _holders.ContainsKey(LockName.Of(value))) ?? false));
}
