namespace WebsiteBuilder.Data;

/// <summary>
/// Users whose e-mail addresses and user names are unique over all territories, and who can move from one territory to another. One per session, by
/// <see cref="DirectorySessionExtensions.Accounts"/>; thread-safe.
/// </summary>
/// <remarks>
/// <para>What is guaranteed, and how, is said by <see cref="ITerritoryDirectory"/>, provided that all users are made, deleted and renamed here. Everything else of a user is written through
/// <see cref="IRepository{TEntity, TKey}"/> as ever.</para>
/// <para>Every member may throw what <see cref="ITerritoryDirectory"/>'s do, and <see cref="FormatException"/> for an e-mail address or user name that isn't one.</para>
/// </remarks>
public interface IAccountDirectory
{
    /// <summary>Reads a user by any key that the user ever had. The key in the answer is the current one.</summary>
    /// <param name="key">The key.</param>
    /// <param name="options">
    /// What this read asks for. At <see cref="ConsistencyLevel.Eventual"/> a user who moved a moment ago may not be found. Where a user is followed to another territory, a node there that
    /// doesn't know of the user yet isn't believed; the primary is asked instead.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<ReadResult<User?>> FindAsync(UserKey key, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads the user who has an e-mail address.</summary>
    ValueTask<ReadResult<User?>> FindByEmailAsync(string email, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads the user who has a user name.</summary>
    ValueTask<ReadResult<User?>> FindByUsernameAsync(string username, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores a new user in the user's territory, with an e-mail address, and a user name if there is one, that nobody else has anywhere. Called again with the same key and names it does nothing.
    /// </summary>
    /// <exception cref="ConflictException">As for <see cref="ITerritoryDirectory.ClaimAsync"/>.</exception>
    Task<DirectoryClaim> CreateAsync(User user, CancellationToken cancellationToken = default);

    /// <summary>Gives a user another e-mail address. The old one is free for others when this returns.</summary>
    /// <exception cref="ConflictException">Another user has the address, or no user has the key.</exception>
    Task<DirectoryClaim> ChangeEmailAsync(UserKey key, string email, CancellationToken cancellationToken = default);

    /// <summary>Gives a user another user name. The old one is free for others when this returns.</summary>
    /// <exception cref="ConflictException">Another user has the name, or no user has the key.</exception>
    Task<DirectoryClaim> ChangeUsernameAsync(UserKey key, string username, CancellationToken cancellationToken = default);

    /// <summary>Deletes a user, and gives up the user's names.</summary>
    /// <exception cref="ConflictException">No user has the key; or, transient, the user is being moved.</exception>
    Task<WriteResult> DeleteAsync(UserKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Moves a user to another territory. Old keys stay valid for <see cref="FindAsync"/>; names lead to the new one. Personal data is gone from the old territory's table
    /// when this returns. Called again after it was broken off it goes on.
    /// </summary>
    /// <param name="key">Any key of the user.</param>
    /// <param name="destination">The new territory.</param>
    /// <param name="cancellationToken">Ends the wait. What was begun stays, until it is called again or <see cref="FinishMovesAsync"/> is.</param>
    /// <returns>The new key.</returns>
    /// <exception cref="ConflictException">
    /// No user has the key; the new territory has a user with that e-mail address or user name who isn't in the directory; or, transient, the user is being moved elsewhere, or was
    /// written again and again.
    /// </exception>
    /// <remarks>
    /// The user can be read and written in the old territory until one commit there, which moves exactly what was there. Writes by the old key find nothing after it
    /// (<see cref="ConflictKind.NotFound"/>), and then go to the key that <see cref="FindAsync"/> gives. The version goes on counting, so what expects an older one is refused.
    /// Only the row of the user is moved, and names whose owner has the user's id. Rows that refer to it by a foreign key keep it from leaving (<see cref="ConflictKind.Constraint"/>).
    /// </remarks>
    Task<UserKey> MoveAsync(UserKey key, Territory destination, CancellationToken cancellationToken = default);

    /// <summary>Calls off a move that was broken off before the user had left, and removes the copy.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="ConflictException">No user has the key.</exception>
    Task<bool> CancelMoveAsync(UserKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Goes on with all moves into and out of a territory that were broken off, and calls off those whose user was deleted meanwhile. One that fails doesn't keep it from the others; the
    /// first error is thrown in the end.
    /// </summary>
    /// <returns>How many moves it met.</returns>
    Task<int> FinishMovesAsync(Territory territory, CancellationToken cancellationToken = default);

    /// <summary>
    /// Brings the names of all users of a territory into the directory, one user after the other: users who were stored before there was one, and hashes under keys that came later.
    /// </summary>
    /// <returns>
    /// The users for whom that isn't possible: another user has one of their names, or it isn't a name that the directory takes. Give them other ones, and call it again.
    /// </returns>
    Task<IReadOnlyList<UserKey>> RenewAsync(Territory territory, CancellationToken cancellationToken = default);
}
