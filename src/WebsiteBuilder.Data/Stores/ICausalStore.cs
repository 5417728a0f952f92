namespace WebsiteBuilder.Data.Stores;

/// <summary>
/// An endpoint that tells transactions apart. A commit is in the log first and visible later: what a replica shows already, the primary may not show yet, and whoever writes there now may be seen
/// before what they have read.
/// </summary>
internal interface ICausalStore : IStoreEndpoint
{
    /// <summary>The transactions in progress at this moment, those included that have committed and aren't visible yet.</summary>
    Task<StoreRead<IReadOnlyList<ulong>>> RunningAsync(CancellationToken cancellationToken);

    /// <summary>Which of some transactions have committed, as far as the log has come that this node has replayed. What it can't tell counts as committed.</summary>
    /// <param name="transactions">Some that were in progress at the primary.</param>
    /// <param name="position">The position that the answer is of use from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<StoreRead<IReadOnlyList<ulong>>> CommittedAsync(IReadOnlyList<ulong> transactions, ulong position, CancellationToken cancellationToken);
}
