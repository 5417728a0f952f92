namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Commits of a primary that are in its log and wait for a synchronous standby. Replicas may show them already; the primary doesn't, and whoever wants to write the
/// same row, or a unique value of it, waits.
/// </summary>
internal sealed class PendingCommits
{
    private readonly List<LogRecord> _records = [];

    /// <summary>Up to where all is visible, given where the log ends.</summary>
    public ulong VisibleUpTo(ulong end) => _records.Count == 0 ? end : _records.Min(static record => record.Start);

    public void Add(LogRecord record) => _records.Add(record);

    public bool Remove(LogRecord record) => _records.Remove(record);

    public bool Block(RowChange change) => _records.Exists(record =>
        record.Change is { } pending
        && (pending.Key == change.Key
            || (pending.Row is { } theirs && change.Row is { } ours && theirs.Unique.Any(ours.Unique.Contains))));

    public bool Block(string key) => _records.Exists(record => record.Change?.Key == key);

    /// <summary>All of them, oldest first, which are no longer waiting.</summary>
    public IReadOnlyList<LogRecord> TakeAll()
    {
        LogRecord[] all = [.. _records];
        _records.Clear();
        return all;
    }
}
