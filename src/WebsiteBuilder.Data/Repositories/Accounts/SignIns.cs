using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>
/// Sign-in sessions of users: begun, kept alive, ended, swept. Whether a session counts is decided by the clock that is given here: where it runs ahead, sessions
/// end that much earlier. As thread-safe as its session is.
/// </summary>
/// <param name="session">The session that sees what was done. At a process that hasn't its token, a replica may for a moment not know a sign-in session that was just begun, or still know one that was just ended.</param>
/// <param name="time">The clock.</param>
public sealed class SignIns(IDataSession session, TimeProvider time)
{
    /// <summary>The most sign-in sessions that one transaction deletes.</summary>
    public const int MaxBatch = 1_000;

    private IRepository<UserSession, UserSessionKey> Sessions => session.Repository<UserSession, UserSessionKey>();

    /// <summary>Stores a sign-in session that begins.</summary>
    /// <param name="signedIn">The session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The user isn't there (<c>user_sessions_user_id_fkey</c>), the session is (<c>user_sessions_pkey</c>), or it ends before it begins (<c>user_sessions_expires_at_check</c>).</exception>
    public Task<WriteResult> StartSessionAsync(UserSession signedIn, CancellationToken cancellationToken = default) => Sessions.InsertAsync(signedIn, null, cancellationToken);

    /// <summary>
    /// Finds a sign-in session that counts, and keeps it alive. Usually one read of a node nearby: it is written only if that wasn't done for a while.
    /// </summary>
    /// <param name="key">The session.</param>
    /// <param name="lifetime">How long it stays from now on, above 0. It is never cut short.</param>
    /// <param name="every">For how long after a write no other is made, 0 or more: <see cref="UserSession.LastActivity"/> is that exact, and the lifetime up to that much shorter.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The session; <see langword="null"/> if there is none, or it has ended.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A span is out of range.</exception>
    public async Task<UserSession?> TouchSessionAsync(UserSessionKey key, TimeSpan lifetime, TimeSpan every, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(every, TimeSpan.Zero);
        var now = time.Now();
        var found = (await Sessions.FindAsync(key, null, cancellationToken).ConfigureAwait(false)).Value;
        if (found is null || found.ExpiresAt <= now)
        {
            return null;
        }

        if (now - found.LastActivity < every)
        {
            return found;
        }

        var expires = now + lifetime;
        var touched = found with { LastActivity = now, ExpiresAt = expires > found.ExpiresAt ? expires : found.ExpiresAt };
        try
        {
            var written = await Sessions.UpdateAsync(touched, found.Version, null, cancellationToken).ConfigureAwait(false);
            return touched with { Version = written.Version };
        }
        catch (ConflictException conflict) when (conflict.Kind == ConflictKind.VersionMismatch)
        {
            // Another request of the same user did it.
            return found;
        }
        catch (ConflictException conflict) when (conflict.Kind == ConflictKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Ends a sign-in session. Succeeds if it isn't there.</summary>
    /// <param name="key">The session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<WriteResult> EndSessionAsync(UserSessionKey key, CancellationToken cancellationToken = default) => Sessions.DeleteAsync(key, null, null, cancellationToken);

    /// <summary>
    /// Ends all sign-in sessions of a user, in transactions of at most <see cref="MaxBatch"/>. One that begins meanwhile may stay: take away first what it begins with, such as the password.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="but">One that stays, such as the one that asks for it.</param>
    /// <param name="cancellationToken">Ends the wait; what was ended by then stays so.</param>
    /// <returns>How many were ended.</returns>
    public async Task<int> EndAllSessionsAsync(UserKey user, UserSessionKey? but = null, CancellationToken cancellationToken = default)
    {
        var theirs = Query.All<UserSession>().In(user.Territory).Where(UserSessionMap.UserId, Comparison.Equal, user.Id);
        if (but is { } stays)
        {
            theirs = theirs.Where(UserSessionMap.Id, Comparison.NotEqual, stays.Id);
        }

        var ended = 0;
        while (true)
        {
            var batch = await DeleteAsync(user.Territory, theirs.OrderBy(UserSessionMap.CreatedAt).Take(MaxBatch), RowLock.Update, cancellationToken).ConfigureAwait(false);
            ended += batch;
            if (batch < MaxBatch)
            {
                return ended;
            }
        }
    }

    /// <summary>Deletes sign-in sessions that have ended, the oldest first, in one transaction. Any number of processes may do so at once.</summary>
    /// <param name="territory">Whose.</param>
    /// <param name="limit">How many at most, 1 to <see cref="MaxBatch"/>. Call again while so many were deleted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public Task<int> SweepSessionsAsync(Territory territory, int limit = MaxBatch, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxBatch);
        var ended = Query.All<UserSession>().In(territory).Where(UserSessionMap.ExpiresAt, Comparison.LessOrEqual, time.Now()).OrderBy(UserSessionMap.ExpiresAt).Take(limit);
        return DeleteAsync(territory, ended, RowLock.UpdateSkippingLocked, cancellationToken);
    }

    private async Task<int> DeleteAsync(Territory territory, Query<UserSession> query, RowLock rowLock, CancellationToken cancellationToken)
    {
        var deleted = 0;
        await session.RunUnitOfWorkAsync(
            UserSessionMap.Map.Table,
            async (unit, token) =>
            {
                var sessions = unit.Repository<UserSession, UserSessionKey>();
                var found = await sessions.QueryAsync(query, rowLock, token).ConfigureAwait(false);
                foreach (var one in found)
                {
                    sessions.Delete(one.Key);
                }

                deleted = found.Count;
            },
            new UnitOfWorkOptions { ReplaySafe = true },
            territory,
            cancellationToken).ConfigureAwait(false);
        return deleted;
    }
}
