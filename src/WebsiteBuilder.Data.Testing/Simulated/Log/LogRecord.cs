using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A value that no two rows of a table may share.</summary>
internal readonly record struct UniqueValue(string Table, string Column, object Value);

/// <summary>A row as a node keeps it: the values of the mapped columns in their order, and its version. Never changed.</summary>
internal sealed record StoredRow(object?[] Cells, long Version, IReadOnlyList<UniqueValue> Unique);

/// <summary>What a committed write did to one row; no row for a delete.</summary>
internal sealed record RowChange(string Table, string Key, StoredRow? Row);

/// <summary>How an operation ended, as a node keeps it.</summary>
internal sealed record OperationRow(OperationOutcome Outcome, long Version, Guid? Request, TimeSpan CreatedAt);

/// <summary>What a committed transaction did to one operation row; no row for one that was swept.</summary>
internal readonly record struct OperationChange(Guid Id, OperationRow? Row);

/// <summary>One record of a log. Whoever has <see cref="End"/>, has it.</summary>
internal sealed class LogRecord(
    LogBranch branch, int index, ulong start, ulong end, TimeSpan writtenAt, IReadOnlyList<RowChange> changes, IReadOnlyList<OperationChange> operations)
{
    /// <summary>The branch that it was written on. Branches that fork later share it.</summary>
    public LogBranch Branch { get; } = branch;

    /// <summary>How many records of its log come before it.</summary>
    public int Index { get; } = index;

    /// <summary>Where the record before it ends.</summary>
    public ulong Start { get; } = start;

    /// <summary>Where it ends.</summary>
    public ulong End { get; } = end;

    /// <summary>When it was written, in the runtime's time.</summary>
    public TimeSpan WrittenAt { get; } = writtenAt;

    /// <summary>When it was flushed, and so sent to the replicas; no server sends what a crash may still take back.</summary>
    public TimeSpan SentAt { get; set; }

    /// <summary>What it does, each row once; nothing for a record that changes no row.</summary>
    public IReadOnlyList<RowChange> Changes { get; } = changes;

    /// <summary>The operation rows that it writes or deletes.</summary>
    public IReadOnlyList<OperationChange> Operations { get; } = operations;

    /// <summary>Whether a crash took it back before it was flushed. Its positions are used again.</summary>
    public bool IsLost { get; set; }
}
