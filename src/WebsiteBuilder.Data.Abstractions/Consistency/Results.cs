namespace WebsiteBuilder.Data;

/// <summary>An answer that explains itself.</summary>
/// <typeparam name="T">What was read.</typeparam>
/// <param name="Value">What was read; <see langword="null"/> when nothing has the key.</param>
/// <param name="Region">The region of the node that answered.</param>
/// <param name="Source">The layer that answered.</param>
/// <param name="Age">
/// How old the answer may be at most: everything acknowledged earlier than this before the answer arrived is in it, as far as it was
/// acknowledged by the primary that this client knows, at <see cref="WriteDurability.Local"/> or above.
/// <see langword="null"/> when that can't be said (no sample of the primary's log covers it), which is not zero.
/// </param>
/// <param name="Reason">Why this node answered.</param>
public readonly record struct ReadResult<T>(T Value, RegionId Region, AnswerSource Source, TimeSpan? Age, RouteReason Reason)
{
    /// <summary>The configured name of the endpoint that answered.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Whether something has the key. Always true for lists, which may be empty.</summary>
    public bool Found => Value is not null;
}

/// <summary>An acknowledged write.</summary>
/// <param name="Region">The region of the primary that applied it.</param>
/// <param name="Version">
/// The version of the row that it left behind, or of the row that a delete with expected version removed; 0 for a blind write (upsert,
/// delete without expected version), which learns nothing of what was there, and for entities without version column.
/// </param>
/// <param name="Reached">What was really reached, which may be less than asked: with no synchronous standby set up, <see cref="WriteDurability.Local"/>.</param>
public readonly record struct WriteResult(RegionId Region, long Version, WriteDurability Reached);
