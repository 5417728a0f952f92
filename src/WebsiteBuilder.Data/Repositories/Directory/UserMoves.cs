namespace WebsiteBuilder.Data.Repositories;

/// <summary>A move of one user.</summary>
/// <param name="Id">Unlike any other move's.</param>
/// <param name="From">The key before.</param>
/// <param name="To">The key behind it.</param>
internal readonly record struct UserMove(Guid Id, UserKey From, UserKey To);

/// <summary>How a move stands where it starts from.</summary>
internal enum MoveProgress
{
    /// <summary>The user is still there.</summary>
    Begun,

    /// <summary>The user has left; this can't be undone.</summary>
    Left,

    /// <summary>There is no such move, or no user any more.</summary>
    Gone,

    /// <summary>The user was written since the copy was made.</summary>
    Changed,
}

/// <summary>
/// The steps of a move, each a transaction of one database: begin (origin), copy (destination), leave (origin: this one counts), arrive (destination), publish (directory).
/// The user's row is in one territory at any time, or, between leaving and arriving, in the copy only, and then whoever meets that completes it.
/// </summary>
internal sealed class UserMoves(DirectoryScope scope)
{
    /// <summary>Writes down that a user is about to leave, or finds that this was done before.</summary>
    /// <returns>The move; null if there is no user.</returns>
    /// <exception cref="ConflictException">The user is on the way to another territory.</exception>
    public async Task<(UserMove Move, MoveProgress Progress)?> BeginAsync(UserKey origin, Territory destination, CancellationToken cancellationToken)
    {
        (UserMove, MoveProgress)? begun = null;
        Forwarding? elsewhere = null;
        await scope.InTerritoryAsync(
            origin.Territory,
            async (unit, token) =>
            {
                var forwardings = unit.Repository<Forwarding, UserKey>();
                var forwarding = await forwardings.FindAsync(origin, RowLock.Update, token).ConfigureAwait(false);
                var user = await unit.Repository<User, UserKey>().FindAsync(origin, RowLock.Update, token).ConfigureAwait(false);
                elsewhere = forwarding is { State: ForwardingState.Moving } && user is not null && forwarding.Destination != destination ? forwarding : null;
                if (elsewhere is not null || (forwarding is null && user is null))
                {
                    begun = null;
                }
                else if (forwarding is not null)
                {
                    var progress = forwarding.State == ForwardingState.Moved ? MoveProgress.Left : user is null ? MoveProgress.Gone : MoveProgress.Begun;
                    begun = (new UserMove(forwarding.Move, origin, origin with { Territory = forwarding.Destination }), progress);
                }
                else
                {
                    var move = new UserMove(scope.NewId(), origin, origin with { Territory = destination });
                    forwardings.Insert(new Forwarding(origin, destination, move.Id, ForwardingState.Moving));
                    begun = (move, MoveProgress.Begun);
                }
            },
            replaySafe: true,
            cancellationToken).ConfigureAwait(false);
        return elsewhere is null
            ? begun
            : throw new ConflictException("The user is being moved to another territory; finish that first.", ConflictKind.VersionMismatch) { IsTransient = true, Operation = "users.move" };
    }

    /// <summary>Copies the user as stored now to where the move leads.</summary>
    /// <returns>What was copied; null if there is no user, or the move is over.</returns>
    /// <exception cref="ConflictException">Another user there has the e-mail address or the user name.</exception>
    public async Task<UserCopy?> CopyAsync(UserMove move, CancellationToken cancellationToken)
    {
        if (await ReadAsync(move.From, cancellationToken).ConfigureAwait(false) is not { } copy)
        {
            return null;
        }

        var accepted = false;
        var contradicted = false;
        await scope.InTerritoryAsync(
            move.To.Territory,
            async (unit, token) =>
            {
                var arrivals = unit.Repository<Arrival, ArrivalKey>();
                var key = new ArrivalKey(move.To.Territory, move.Id);
                var known = await arrivals.FindAsync(key, RowLock.Update, token).ConfigureAwait(false);
                var arrival = new Arrival(key, move.To.Id, move.From.Territory, move.To.Territory, copy.Version, ArrivalState.OnTheWay, copy, scope.Now);
                contradicted = await IsContradictedAsync(unit, move.To, copy, token).ConfigureAwait(false);
                accepted = !contradicted && known is null or { State: ArrivalState.OnTheWay };
                if (contradicted)
                {
                    return;
                }

                if (known is null)
                {
                    arrivals.Insert(arrival);
                }
                else if (known.State == ArrivalState.OnTheWay && known.SourceVersion <= copy.Version)
                {
                    arrivals.Update(arrival, known.Version);
                }
            },
            replaySafe: true,
            cancellationToken).ConfigureAwait(false);
        if (contradicted)
        {
            await CallOffAsync(move, cancellationToken).ConfigureAwait(false);
            throw new ConflictException("Another user of the new territory has the e-mail address or the user name, without a claim in the directory.", ConflictKind.AlreadyExists)
            {
                Operation = "users.move",
            };
        }

        return accepted ? copy : null;
    }

    /// <summary>Removes the user from the origin, if what was copied is what is there, and leaves the forwarding: the commit that counts.</summary>
    public async Task<MoveProgress> LeaveAsync(UserMove move, UserCopy copy, CancellationToken cancellationToken)
    {
        var progress = MoveProgress.Gone;
        await scope.InTerritoryAsync(
            move.From.Territory,
            async (unit, token) =>
            {
                var forwardings = unit.Repository<Forwarding, UserKey>();
                var forwarding = await forwardings.FindAsync(move.From, RowLock.Update, token).ConfigureAwait(false);
                if (forwarding is null || forwarding.Move != move.Id || forwarding.State == ForwardingState.Moved)
                {
                    progress = forwarding?.Move == move.Id ? MoveProgress.Left : MoveProgress.Gone;
                    return;
                }

                var users = unit.Repository<User, UserKey>();
                var user = await users.FindAsync(move.From, RowLock.Update, token).ConfigureAwait(false);
                var claims = unit.Repository<StoredClaim, ClaimKey>();
                var held = await claims.QueryAsync(StoredClaimMap.HeldBy(OwnerOf(move.From)), RowLock.Update, token).ConfigureAwait(false);
                if (user is null)
                {
                    progress = MoveProgress.Gone;
                    return;
                }

                if (user.Version != copy.Version || !UserCopy.Of(user, held).Claims.SequenceEqual(copy.Claims))
                {
                    progress = MoveProgress.Changed;
                    return;
                }

                foreach (var claim in held)
                {
                    claims.Update(claim with { State = ClaimState.Moved, ChangedAt = scope.Now }, claim.Version);
                }

                users.Delete(move.From, user.Version);
                forwardings.Update(forwarding with { State = ForwardingState.Moved }, forwarding.Version);
                progress = MoveProgress.Left;
            },
            replaySafe: true,
            cancellationToken).ConfigureAwait(false);
        return progress;
    }

    /// <summary>Makes a user of the copy. Only for a move that has left its origin.</summary>
    public Task ArriveAsync(ArrivalKey key, CancellationToken cancellationToken) =>
        scope.InTerritoryAsync(
            key.Destination,
            async (unit, token) =>
            {
                var arrivals = unit.Repository<Arrival, ArrivalKey>();
                var arrival = await arrivals.FindAsync(key, RowLock.Update, token).ConfigureAwait(false);
                if (arrival is not { State: ArrivalState.OnTheWay, Copy: { } copy })
                {
                    return;
                }

                var user = copy.ToUser(new UserKey(arrival.Destination, arrival.Id));
                unit.Repository<ArrivedUser, UserKey>().Insert(new ArrivedUser(user, copy.Version + 1));
                var claims = unit.Repository<StoredClaim, ClaimKey>();
                foreach (var claim in copy.Claims)
                {
                    // One that was here before has a row.
                    claims.Upsert(new StoredClaim(new ClaimKey(arrival.Destination, claim.Claim), arrival.Id, claim.Kind, ClaimState.Held, scope.Now));
                }

                unit.Repository<Forwarding, UserKey>().Delete(user.Key);
                arrivals.Update(arrival with { State = ArrivalState.Arrived, Copy = null, ChangedAt = scope.Now }, arrival.Version);
            },
            replaySafe: true,
            cancellationToken);

    /// <summary>Lets the directory lead to where the user is.</summary>
    public async Task PublishAsync(UserKey user, CancellationToken cancellationToken)
    {
        var held = new List<Guid>();
        await foreach (var claim in scope.Claims.QueryAsync(StoredClaimMap.HeldBy(OwnerOf(user)), DirectoryScope.Strong, cancellationToken).ConfigureAwait(false))
        {
            held.Add(claim.Key.Claim);
        }

        await new ClaimSteps(scope).PublishAsync(held, OwnerOf(user), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends a move that hasn't left its origin, and removes the copy. A copy or a leave that is still on its way has no effect then.</summary>
    /// <returns>False if the user has left.</returns>
    public async Task<bool> CallOffAsync(UserMove move, CancellationToken cancellationToken)
    {
        var left = false;
        await scope.InTerritoryAsync(
            move.From.Territory,
            async (unit, token) =>
            {
                var forwardings = unit.Repository<Forwarding, UserKey>();
                var forwarding = await forwardings.FindAsync(move.From, RowLock.Update, token).ConfigureAwait(false);
                left = forwarding is { State: ForwardingState.Moved } && forwarding.Move == move.Id;
                if (forwarding is { State: ForwardingState.Moving } && forwarding.Move == move.Id)
                {
                    forwardings.Delete(move.From, forwarding.Version);
                }
            },
            replaySafe: true,
            cancellationToken).ConfigureAwait(false);
        if (left)
        {
            return false;
        }

        await scope.InTerritoryAsync(
            move.To.Territory,
            async (unit, token) =>
            {
                var arrivals = unit.Repository<Arrival, ArrivalKey>();
                var key = new ArrivalKey(move.To.Territory, move.Id);
                var known = await arrivals.FindAsync(key, RowLock.Update, token).ConfigureAwait(false);
                var off = new Arrival(key, move.To.Id, move.From.Territory, move.To.Territory, 0, ArrivalState.CalledOff, null, scope.Now);
                if (known is null)
                {
                    arrivals.Insert(off);
                }
                else if (known.State == ArrivalState.OnTheWay)
                {
                    arrivals.Update(off, known.Version);
                }
            },
            replaySafe: true,
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static DirectoryOwner OwnerOf(UserKey key) => new(key.Territory, key.Id);

    private static async Task<bool> IsContradictedAsync(IUnitOfWork unit, UserKey key, UserCopy copy, CancellationToken token)
    {
        var users = unit.Repository<User, UserKey>();
        var same = await users.QueryAsync(Query.All<User>().In(key.Territory).Where(UserMap.Email, Comparison.Equal, copy.Email).Take(2), RowLock.None, token).ConfigureAwait(false);
        if (copy.Username is { } username)
        {
            var byName = (EntityColumn<User, string?>)UserMap.Map.Columns[2];
            var named = await users.QueryAsync(Query.All<User>().In(key.Territory).Where(byName, Comparison.Equal, username).Take(2), RowLock.None, token).ConfigureAwait(false);
            same = [.. same, .. named];
        }

        return same.Any(user => user.Key.Id != key.Id);
    }

    /// <summary>The user and the claims at one moment: the lock keeps accounts from changing one of them in between.</summary>
    private async Task<UserCopy?> ReadAsync(UserKey key, CancellationToken cancellationToken)
    {
        UserCopy? copy = null;
        await scope.InTerritoryAsync(
            key.Territory,
            async (unit, token) =>
            {
                var user = await unit.Repository<User, UserKey>().FindAsync(key, RowLock.Update, token).ConfigureAwait(false);
                var held = await unit.Repository<StoredClaim, ClaimKey>().QueryAsync(StoredClaimMap.HeldBy(OwnerOf(key)), RowLock.None, token).ConfigureAwait(false);
                copy = user is null ? null : UserCopy.Of(user, held);
            },
            replaySafe: true,
            cancellationToken).ConfigureAwait(false);
        return copy;
    }
}
