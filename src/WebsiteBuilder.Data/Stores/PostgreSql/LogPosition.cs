namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Arithmetic of PostgreSQL log positions.</summary>
internal static class LogPosition
{
    private const ulong PageSize = 8_192;
    private const ulong ShortHeader = 24;
    private const ulong LongHeader = 40;

    private const ulong SmallestSegment = 1_024 * 1_024;

    /// <summary>
    /// The insert position counts the header of a page that holds nothing yet; no standby reports such a position before something is
    /// written there. This takes the header off again. A long header stands at the start of each segment file and nowhere else: on another
    /// page, 40 is a short header and the last 16 bytes of a record, and a log that really ends there must not be reported shorter.
    /// </summary>
    public static ulong WithoutPageHeader(ulong position) =>
        position % PageSize == ShortHeader ? position - ShortHeader
        : position % SmallestSegment == LongHeader ? position - LongHeader
        : position;

    /// <summary>Whether a flush may have stopped at a page's end, inside a record that goes on behind it.</summary>
    public static bool MayEndInsideRecord(ulong position) => position % PageSize == 0;

    /// <summary>
    /// What a reader of a replica may have seen, given what was replayed after the read and then received: the effects of the next record
    /// show a moment before the replay position moves past it, unless there is no next record.
    /// </summary>
    public static ulong SeenOnReplica(ulong replayed, ulong? received) => received == replayed ? replayed : replayed + 1;
}
