using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>What <see cref="StampSql.Lo"/> answered.</summary>
internal readonly record struct LoStamp(
    bool InRecovery, ulong? Replayed, uint? Timeline, bool ReadCommitted, HistoryId NamedHistory, uint? NamedTimeline, long Incarnation)
{
    /// <summary>Whether the node is on the history that its last row names, as far as the node itself can tell right now.</summary>
    public bool OnNamedHistory => !NamedHistory.IsNone && Timeline is { } timeline && timeline == NamedTimeline;
}

/// <summary>What <see cref="StampSql.Hi"/> answered.</summary>
internal readonly record struct HiStamp(bool InRecovery, ulong? Replayed, ulong? Received, ulong? Inserted, uint? Timeline);

/// <summary>Reads stamps from result sets. Null always means that nothing is proven.</summary>
internal static class StampReader
{
    public static LoStamp Lo(NpgsqlDataReader reader) => new(
        reader.GetBoolean(0),
        Position(reader, 1),
        Timeline(reader, 2),
        reader.GetBoolean(3),
        reader.IsDBNull(4) ? default : new HistoryId((uint)reader.GetInt64(4)),
        Timeline(reader, 5),
        reader.GetInt64(6));

    /// <param name="reader">Stands on the row.</param>
    /// <param name="first">The ordinal of the first field.</param>
    public static HiStamp Hi(NpgsqlDataReader reader, int first = 0) => new(
        reader.GetBoolean(first),
        Position(reader, first + 1),
        Position(reader, first + 2),
        Position(reader, first + 3) is { } inserted ? LogPosition.WithoutPageHeader(inserted) : null,
        Timeline(reader, first + 4));

    public static ulong? Position(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : (ulong)reader.GetFieldValue<NpgsqlLogSequenceNumber>(ordinal);

    private static uint? Timeline(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : (uint)reader.GetInt64(ordinal);
}
