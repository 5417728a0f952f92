namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A value that no two rows of a table may share.</summary>
internal readonly record struct UniqueValue(string Table, string Column, object Value);

/// <summary>A row as a node keeps it: the values of the mapped columns in their order, and its version. Never changed.</summary>
internal sealed record StoredRow(object?[] Cells, long Version, IReadOnlyList<UniqueValue> Unique);

/// <summary>What a committed write did to one row; no row for a delete.</summary>
internal sealed record RowChange(string Table, string Key, StoredRow? Row);

/// <summary>One record of a log. Whoever has <paramref name="End"/>, has it.</summary>
/// <param name="Start">Where the record before it ends.</param>
/// <param name="End">Where it ends.</param>
/// <param name="WrittenAt">When it was written, in the runtime's time.</param>
/// <param name="Change">What it does; null for a record that changes no row.</param>
internal sealed record LogRecord(ulong Start, ulong End, TimeSpan WrittenAt, RowChange? Change);
