namespace WebsiteBuilder.Data.Sessions;

/// <summary>What a read must prove to keep its session's promise, in positions of the shard's current history.</summary>
/// <param name="Replica">What a replica must have replayed.</param>
/// <param name="Primary">What the primary must prove to be visible; what it acknowledged itself needs no proof.</param>
/// <param name="LearnedAt">When the session learned of the highest position; null when another process did.</param>
/// <param name="Repeat">A node that may answer again although it can't prove all of <paramref name="Replica"/>.</param>
internal readonly record struct Requirement(ulong Replica, ulong Primary, TimeSpan? LearnedAt, RepeatRead Repeat)
{
    public static Requirement None => default;
}

/// <summary>
/// A replica that stopped between two log records may have shown the next record already. Whoever comes after must have that record;
/// the same node, not restarted since, has shown it and may show it again.
/// </summary>
/// <param name="Endpoint">The node's index, plus one; 0 for none.</param>
/// <param name="Incarnation">Its incarnation.</param>
/// <param name="Lo">What it had replayed when the read ended.</param>
/// <param name="Hi">What is required of others since.</param>
internal readonly record struct RepeatRead(int Endpoint, long Incarnation, ulong Lo, ulong Hi);
