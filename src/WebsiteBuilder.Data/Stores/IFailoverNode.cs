namespace WebsiteBuilder.Data.Stores;

/// <summary>What a node says of itself to a coordinator. What it can't say for sure is null, and null never counts in favour of anything.</summary>
/// <param name="IsPrimary">Whether it takes itself for a primary.</param>
/// <param name="History">The history that it is on, with its ancestors.</param>
/// <param name="Received">On a replica, what it has received and flushed; on a primary, what is flushed.</param>
internal sealed record NodeStanding(bool IsPrimary, LogHistory? History, ulong? Received)
{
    /// <summary>On a replica: whether it streams from somebody now.</summary>
    public bool IsStreaming { get; init; }

    /// <summary>On a replica that streams: how long its source has been silent, by the replica's own clock.</summary>
    public TimeSpan? SilentFor { get; init; }

    /// <summary>On a replica: whether it is told to stream from nobody.</summary>
    public bool IsDetached { get; init; }

    /// <summary>Whether new transactions are read-only unless they say otherwise; on a replica: whether they would be.</summary>
    public bool IsFenced { get; init; }

    /// <summary>On a primary: the standbys that stream from it, by the names that it knows them by.</summary>
    public IReadOnlyList<string> Followers { get; init; } = [];

    /// <summary>On a replica, what it has replayed.</summary>
    public ulong? Replayed { get; init; }

    /// <summary>On a primary: how many transactions it has counted as committed in this database, which it does a second late; null if that isn't known.</summary>
    public long? Committed { get; init; }

    /// <summary>Which standbys commits wait for, as it is set up, on a replica if it were a primary; null if that isn't "any k of these".</summary>
    public AcknowledgementRule? Rule { get; init; }
}

/// <summary>Commits wait for any so many of these standbys: <c>ANY k (…)</c>.</summary>
internal sealed record AcknowledgementRule(int Required, IReadOnlyList<string> Standbys)
{
    /// <summary>Whether two rules are the same, whatever order they name the standbys in.</summary>
    public bool Matches(AcknowledgementRule other) =>
        Required == other.Required && Standbys.Order(StringComparer.Ordinal).SequenceEqual(other.Standbys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
}

/// <summary>One node as a coordinator sees it. All members throw <see cref="StoreFaultException"/> and nothing else, cancellation included.</summary>
internal interface IFailoverNode : IAsyncDisposable
{
    /// <summary>The node's configured name.</summary>
    string Name { get; }

    Task<NodeStanding> ObserveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes this node's vote: a lock on the node itself that ends with the session which holds it, and whose session the node ends when it has heard
    /// nothing on it for the lifetime. All that a coordinator does to a standby, it does on that session.
    /// </summary>
    /// <returns>Null if somebody else holds it.</returns>
    Task<INodeVote?> TryTakeVoteAsync(TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a primary of a history refuse writes that don't insist, and ends the connections of its clients, so that what they wait for there is lost to them.
    /// </summary>
    /// <returns>False if the node is no primary of that history: then nothing was done.</returns>
    Task<bool> FenceAsync(HistoryId history, CancellationToken cancellationToken);

    /// <summary>Ends <see cref="FenceAsync"/>.</summary>
    /// <returns>False if the node is no primary of that history: then nothing was done.</returns>
    Task<bool> UnfenceAsync(HistoryId history, CancellationToken cancellationToken);

    /// <summary>On a primary: gives its history a name if it has none, and reserves the log for these standbys from now on.</summary>
    Task WelcomeAsync(IReadOnlyList<string> standbys, CancellationToken cancellationToken);

    /// <summary>Writes a checkpoint, so that whoever is rewound finds the primary's present timeline in its control file.</summary>
    Task CheckpointAsync(CancellationToken cancellationToken);
}

/// <summary>One node's vote, and the only hand that may change that node. Disposing gives it back; it is also lost with the session.</summary>
internal interface INodeVote : IAsyncDisposable
{
    /// <summary>Keeps it for another lifetime.</summary>
    /// <returns>The node's own clock, for <see cref="TryPromoteAsync"/>.</returns>
    Task<DateTimeOffset> RenewAsync(CancellationToken cancellationToken);

    Task<NodeStanding> ObserveAsync(CancellationToken cancellationToken);

    /// <summary>Makes a standby stream from nobody, and returns when it has really stopped. It stays so until it is attached, over restarts too.</summary>
    Task DetachAsync(CancellationToken cancellationToken);

    /// <summary>Makes a standby stream from another node.</summary>
    /// <param name="connection">How this one reaches it.</param>
    /// <param name="slot">Its slot there.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task AttachAsync(string connection, string slot, CancellationToken cancellationToken);

    /// <summary>Sets what holds for this standby as soon as it is a primary: whom commits wait for, and that it isn't fenced.</summary>
    Task PrepareAsync(AcknowledgementRule rule, CancellationToken cancellationToken);

    /// <summary>Promotes, and returns when the node takes writes.</summary>
    /// <param name="notAfter">By the node's own clock. Later, nothing is done.</param>
    /// <param name="within">How long the promotion may take.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False if it was too late, or if the node didn't take writes in time.</returns>
    Task<bool> TryPromoteAsync(DateTimeOffset notAfter, TimeSpan within, CancellationToken cancellationToken);
}
