namespace WebsiteBuilder.Data;

/// <summary>
/// Names that are unique over all territories. The directory keeps keyed hashes of them and who owns them, nothing in clear; all else stays in the owner's territory.
/// One per session, by <see cref="DirectorySessionExtensions.Directory"/>; thread-safe.
/// </summary>
/// <remarks>
/// <para><strong>Guarantee.</strong> A name has one owner at most at any time: an owner has it from the commit in its territory that stored the claim on, until the commit there that
/// gave it up. Neither crashes nor clocks nor delays change that; a promotion that loses acknowledged commits of the directory or of the owner's territory does.</para>
/// <para>Claims need the primaries of the directory and of the owner's territory. Lookups need any node of the directory that may answer.</para>
/// <para>Every member may throw <see cref="DataTierException"/>s as <see cref="IRepository{TEntity, TKey}"/> and <see cref="IDataSession.RunUnitOfWorkAsync"/> do, and
/// <see cref="ArgumentException"/> for a territory that no shard holds.</para>
/// </remarks>
public interface ITerritoryDirectory
{
    /// <summary>Looks a name up; by default as consistent as the session, at a node nearby.</summary>
    /// <param name="name">The name.</param>
    /// <param name="options">What this read asks for. To decide, rather than to show, ask for <see cref="ConsistencyLevel.Strong"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<ReadResult<DirectoryMatch?>> FindAsync(DirectoryName name, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Claims names for an owner, and stores what goes with them in the owner's territory, in one unit of work with the claims.</summary>
    /// <param name="names">The names, 1 to 16.</param>
    /// <param name="owner">Who claims them.</param>
    /// <param name="store">
    /// Stores the owner, or what the name is for. Isn't called if the owner has all the names already: so a call that was broken off can be made again, with the same owner.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. What was begun is completed, or taken over by others once its time is up.</param>
    /// <exception cref="ConflictException">
    /// Another one has one of the names (<see cref="ConflictKind.AlreadyExists"/>); if it is transient, another one is about to, and <see cref="DataTierException.RetryAfter"/>
    /// says when that is decided at the latest. Or something stored contradicts what <paramref name="store"/> writes.
    /// </exception>
    Task<DirectoryClaim> ClaimAsync(
        IReadOnlyCollection<DirectoryName> names, DirectoryOwner owner, Func<IUnitOfWork, CancellationToken, Task> store, CancellationToken cancellationToken = default);

    /// <summary>Claims a name in exchange for all others of its kind that the owner has.</summary>
    /// <param name="name">The name that the owner should have.</param>
    /// <param name="owner">Who claims it.</param>
    /// <param name="store">Stores it, in the unit of work that decides. Called in any case.</param>
    /// <param name="cancellationToken">As for <see cref="ClaimAsync"/>.</param>
    /// <exception cref="ConflictException">As for <see cref="ClaimAsync"/>; then the owner keeps what it had.</exception>
    Task<DirectoryClaim> ChangeAsync(
        DirectoryName name, DirectoryOwner owner, Func<IUnitOfWork, CancellationToken, Task> store, CancellationToken cancellationToken = default);

    /// <summary>Gives up names of one kind, or all names, of an owner. Free for others from the commit of the unit of work on.</summary>
    /// <param name="owner">Who has them.</param>
    /// <param name="kind">Which names; <see langword="null"/> for all.</param>
    /// <param name="store">What else to do in the owner's territory, such as to delete the owner.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The unit of work in the owner's territory.</returns>
    Task<WriteResult> ReleaseAsync(
        DirectoryOwner owner, DirectoryKind? kind = null, Func<IUnitOfWork, CancellationToken, Task>? store = null, CancellationToken cancellationToken = default);

    /// <summary>Completes an owner's claim if it was left incomplete, and adds the hashes that it lacks under keys that came later.</summary>
    /// <returns>Whether the owner has the name.</returns>
    Task<bool> RenewAsync(DirectoryName name, DirectoryOwner owner, CancellationToken cancellationToken = default);

    /// <summary>Removes all hashes under a key that isn't configured any more.</summary>
    /// <param name="keyId">The key's number.</param>
    /// <param name="cancellationToken">Stops; what was removed stays removed.</param>
    /// <returns>How many.</returns>
    /// <exception cref="ArgumentException">This client still has the key.</exception>
    Task<int> ForgetKeyAsync(int keyId, CancellationToken cancellationToken = default);
}
