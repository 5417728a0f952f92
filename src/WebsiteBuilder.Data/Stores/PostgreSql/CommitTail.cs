using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Where the log stood before a write and after its commit, and what the synchronous standbys had reported.</summary>
/// <param name="Before">The write's records come behind this.</param>
/// <param name="Flushed">What was flushed after the commit.</param>
/// <param name="Inserted">What was inserted after the commit.</param>
/// <param name="StandbyNames">The server's <c>synchronous_standby_names</c>.</param>
/// <param name="Standbys">State and position of each synchronous standby, as <c>quorum/0/16B3748</c>.</param>
internal sealed record CommitTail(ulong Before, ulong Flushed, ulong Inserted, string StandbyNames, IReadOnlyList<string> Standbys)
{
    /// <summary>More than any other answer around a write has.</summary>
    public const int Fields = 4;

    public static CommitTail Read(NpgsqlDataReader reader, ulong before) => new(
        before,
        StampReader.Position(reader, 0) ?? 0,
        StampReader.Position(reader, 1) ?? 0,
        reader.GetString(2),
        reader.IsDBNull(3) ? [] : [.. reader.GetFieldValue<string?[]>(3).OfType<string>()]);

    public static WriteDurability Lower(WriteDurability one, WriteDurability other) => one < other ? one : other;

    public WriteDurability Reached(WriteDurability asked) => StandbyNames.Length == 0 ? Lower(asked, WriteDurability.Local) : asked;

    /// <summary>
    /// The flush position, or what the required standbys have where that is lower: the k-th highest of a quorum, the lowest of a priority list. A
    /// standby that acknowledged may be gone since; what the others report counts only if it lies behind the write.
    /// </summary>
    public ulong Position(WriteDurability reached) => reached >= WriteDurability.RemoteWrite && Reported() is { } reported ? Math.Min(Flushed, reported) : Flushed;

    /// <summary>
    /// Up to where the required standbys have the log for sure, if the commit waited for them: what they report, or, when they are gone since, what lay before the write, for whoever acknowledged
    /// it had that. The flush position would count what others wrote meanwhile and no standby has.
    /// </summary>
    public ulong Confirmed() => Reported() is { } reported ? Math.Min(Flushed, reported) : Before;

    /// <summary>The k-th highest of a quorum, the lowest of a priority list; null if too few are there, or if they are behind the write.</summary>
    private ulong? Reported()
    {
        if (Standbys.Count == 0)
        {
            return null;
        }

        var reported = Standbys.Select(Reported).OfType<ulong>().OrderDescending().ToArray();
        var isQuorum = Standbys.Any(static standby => standby.StartsWith("quorum/", StringComparison.Ordinal));
        var required = isQuorum ? QuorumOf(StandbyNames) : reported.Length;
        return required > 0 && required <= reported.Length && reported[required.Value - 1] > Before ? reported[required.Value - 1] : null;
    }

    private static ulong? Reported(string standby) =>
        NpgsqlLogSequenceNumber.TryParse(standby[(standby.IndexOf('/', StringComparison.Ordinal) + 1)..], out var position) ? (ulong)position : null;

    /// <summary>The k of <c>ANY k (…)</c>; null if it can't be found.</summary>
    private static int? QuorumOf(string names)
    {
        var trimmed = names.AsSpan().TrimStart();
        if (!trimmed.StartsWith("ANY", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        trimmed = trimmed[3..].TrimStart();
        var digits = trimmed.IndexOfAnyExceptInRange('0', '9');
        return digits > 0 && int.TryParse(trimmed[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }
}
