using System.Runtime.ExceptionServices;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Users on top of the directory.</summary>
internal sealed class AccountDirectory(DirectoryScope scope) : IAccountDirectory
{
    private const int MaxRounds = 8;
    private const int MaxHops = 8;
    private const int PageSize = 500;

    private readonly TerritoryDirectory _directory = new(scope);
    private readonly UserMoves _moves = new(scope);

    public async ValueTask<ReadResult<User?>> FindAsync(UserKey key, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var read = await scope.Users.FindAsync(key, options, cancellationToken).ConfigureAwait(false);
        return read.Found ? read : await FollowAsync(key, read, options, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<ReadResult<User?>> FindByEmailAsync(string email, ReadOptions? options = null, CancellationToken cancellationToken = default) =>
        FindByNameAsync(DirectoryName.Email(email), static user => user.Email, options, cancellationToken);

    public ValueTask<ReadResult<User?>> FindByUsernameAsync(string username, ReadOptions? options = null, CancellationToken cancellationToken = default) =>
        FindByNameAsync(DirectoryName.Username(username), static user => user.Username, options, cancellationToken);

    public Task<DirectoryClaim> CreateAsync(User user, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        List<DirectoryName> names = [DirectoryName.Email(user.Email)];
        if (user.Username is { } username)
        {
            names.Add(DirectoryName.Username(username));
        }

        return _directory.ClaimAsync(
            names,
            OwnerOf(user.Key),
            (unit, _) =>
            {
                unit.Repository<User, UserKey>().Insert(user);
                return Task.CompletedTask;
            },
            cancellationToken);
    }

    public Task<DirectoryClaim> ChangeEmailAsync(UserKey key, string email, CancellationToken cancellationToken = default) =>
        ChangeAsync(key, DirectoryName.Email(email), user => user with { Email = email.Trim() }, cancellationToken);

    public Task<DirectoryClaim> ChangeUsernameAsync(UserKey key, string username, CancellationToken cancellationToken = default) =>
        ChangeAsync(key, DirectoryName.Username(username), user => user with { Username = username.Trim() }, cancellationToken);

    public Task<WriteResult> DeleteAsync(UserKey key, CancellationToken cancellationToken = default) => OfCurrentAsync(
        key,
        user => _directory.ReleaseAsync(
            OwnerOf(user.Key),
            null,
            async (unit, token) =>
            {
                // Otherwise the copy that is on its way would outlive the user.
                if (await unit.Repository<Forwarding, UserKey>().FindAsync(user.Key, RowLock.Update, token).ConfigureAwait(false) is { State: ForwardingState.Moving })
                {
                    throw new ConflictException("The user is being moved; finish that first.", ConflictKind.Serialization) { IsTransient = true, Operation = "users.delete" };
                }

                unit.Repository<User, UserKey>().Delete(user.Key, user.Version);
            },
            cancellationToken),
        cancellationToken);

    public async Task<UserKey> MoveAsync(UserKey key, Territory destination, CancellationToken cancellationToken = default)
    {
        if (!scope.Holds(destination))
        {
            throw new ArgumentException("No configured shard holds the territory.", nameof(destination));
        }

        for (var round = 0; round < MaxRounds; round++)
        {
            var origin = (await CurrentAsync(key, cancellationToken).ConfigureAwait(false)).Key;
            if (origin.Territory == destination || scope.ShareDatabase(origin.Territory, destination))
            {
                var there = origin with { Territory = destination };
                await _moves.PublishAsync(there, cancellationToken).ConfigureAwait(false);
                return there;
            }

            if (await _moves.BeginAsync(origin, destination, cancellationToken).ConfigureAwait(false) is { } begun
                && await GoOnAsync(begun.Move, begun.Progress, cancellationToken).ConfigureAwait(false))
            {
                return begun.Move.To;
            }
        }

        throw Overtaken("users.move");
    }

    public async Task<bool> CancelMoveAsync(UserKey key, CancellationToken cancellationToken = default)
    {
        var current = (await CurrentAsync(key, cancellationToken).ConfigureAwait(false)).Key;
        var forwarding = (await scope.Forwardings.FindAsync(current, DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value;
        return forwarding is { State: ForwardingState.Moving } && await _moves.CallOffAsync(MoveOf(forwarding), cancellationToken).ConfigureAwait(false);
    }

    public async Task<int> FinishMovesAsync(Territory territory, CancellationToken cancellationToken = default)
    {
        var moves = new Dictionary<Guid, (UserMove Move, MoveProgress Progress)>();
        var leaving = await AllAsync(after => scope.Forwardings.QueryAsync(ForwardingMap.Leaving(territory, after), DirectoryScope.Strong, cancellationToken), static row => row.Key.Id).ConfigureAwait(false);
        foreach (var forwarding in leaving)
        {
            moves[forwarding.Move] = (MoveOf(forwarding), MoveProgress.Begun);
        }

        var arriving = await AllAsync(after => scope.Arrivals.QueryAsync(ArrivalMap.Arriving(territory, after), DirectoryScope.Strong, cancellationToken), static row => row.Key.Move).ConfigureAwait(false);
        foreach (var arrival in arriving)
        {
            var origin = new UserKey(arrival.Origin, arrival.Id);
            var forwarding = (await scope.Forwardings.FindAsync(origin, DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value;
            var progress = forwarding?.Move != arrival.Key.Move ? MoveProgress.Gone : forwarding.State == ForwardingState.Moved ? MoveProgress.Left : MoveProgress.Begun;
            moves[arrival.Key.Move] = (new UserMove(arrival.Key.Move, origin, new UserKey(arrival.Destination, arrival.Id)), progress);
        }

        ExceptionDispatchInfo? first = null;
        foreach (var (move, progress) in moves.Values)
        {
            try
            {
                await GoOnAsync(move, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (DataTierException exception)
            {
                first ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        first?.Throw();
        return moves.Count;
    }

    public async Task<IReadOnlyList<UserKey>> RenewAsync(Territory territory, CancellationToken cancellationToken = default)
    {
        var id = (EntityColumn<User, Guid>)UserMap.Map.Columns[0];
        var refused = new List<UserKey>();
        var last = Guid.Empty;
        for (var more = true; more;)
        {
            var page = new List<User>(PageSize);
            var query = Query.All<User>().In(territory).Where(id, Comparison.Greater, last).OrderBy(id).Take(PageSize);
            await foreach (var user in scope.Users.QueryAsync(query, DirectoryScope.Strong, cancellationToken).ConfigureAwait(false))
            {
                page.Add(user);
                last = user.Key.Id;
            }

            foreach (var user in page)
            {
                if (!await RenewAsync(user, cancellationToken).ConfigureAwait(false))
                {
                    refused.Add(user.Key);
                }
            }

            more = page.Count == PageSize;
        }

        return refused;
    }

    private static DirectoryOwner OwnerOf(UserKey key) => new(key.Territory, key.Id);

    private static UserMove MoveOf(Forwarding forwarding) => new(forwarding.Move, forwarding.Key, forwarding.Key with { Territory = forwarding.Destination });

    private static async Task<List<T>> AllAsync<T>(Func<Guid, IAsyncEnumerable<T>> page, Func<T, Guid> key)
    {
        var all = new List<T>();
        for (var count = -1; count != all.Count;)
        {
            count = all.Count;
            await foreach (var row in page(count == 0 ? Guid.Empty : key(all[^1])).ConfigureAwait(false))
            {
                all.Add(row);
            }
        }

        return all;
    }

    private static ConflictException Overtaken(string operation) =>
        new("The user was written again and again meanwhile.", ConflictKind.Serialization) { IsTransient = true, Operation = operation };

    private async ValueTask<ReadResult<User?>> FollowAsync(UserKey key, ReadResult<User?> answer, ReadOptions? options, CancellationToken cancellationToken)
    {
        Forwarding? forwarding;
        if (options?.Consistency == ConsistencyLevel.Strong)
        {
            (answer, forwarding) = await LookAsync(key, options.Timeout, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var asked = options?.Consistency == ConsistencyLevel.Eventual ? options with { Consistency = ConsistencyLevel.Session } : options;
            forwarding = (await scope.Forwardings.FindAsync(key, asked, cancellationToken).ConfigureAwait(false)).Value;
            if (forwarding is not { State: ForwardingState.Moved })
            {
                // Whoever came back between the two reads is here.
                return await scope.Users.FindAsync(key, asked, cancellationToken).ConfigureAwait(false);
            }
        }

        var passed = new List<Forwarding>();
        while (!answer.Found && passed.Count < MaxHops && forwarding is { State: ForwardingState.Moved } && scope.Holds(forwarding.Destination))
        {
            passed.Add(forwarding);
            key = key with { Territory = forwarding.Destination };
            var arrival = new ArrivalKey(key.Territory, forwarding.Move);
            answer = await scope.Users.FindAsync(key, options, cancellationToken).ConfigureAwait(false);
            for (var look = 0; !answer.Found && look < 2; look++)
            {
                // The session has seen nothing there yet, so a node that lags would be believed; hence the primary.
                (answer, forwarding) = await LookAsync(key, options?.Timeout, cancellationToken).ConfigureAwait(false);
                if (answer.Found || forwarding is not null || !await LandAsync(arrival, key, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }
            }
        }

        if (answer.Found && passed.Count > 1)
        {
            await ShortenAsync(passed, cancellationToken).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>The user and the forwarding at one moment. Read one after the other, both may be missed of a user who goes and comes back.</summary>
    private async Task<(ReadResult<User?> Answer, Forwarding? Forwarding)> LookAsync(UserKey key, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        User? user = null;
        Forwarding? forwarding = null;
        var read = await scope.SnapshotAsync(
            key.Territory,
            async (unit, token) =>
            {
                user = await unit.Repository<User, UserKey>().FindAsync(key, RowLock.None, token).ConfigureAwait(false);
                forwarding = user is null ? await unit.Repository<Forwarding, UserKey>().FindAsync(key, RowLock.None, token).ConfigureAwait(false) : null;
            },
            timeout,
            cancellationToken).ConfigureAwait(false);
        return (new ReadResult<User?>(user, read.Region, AnswerSource.Primary, null, RouteReason.None), forwarding);
    }

    /// <summary>Completes a move whose user has left and not arrived; false if there is none.</summary>
    private async Task<bool> LandAsync(ArrivalKey key, UserKey user, CancellationToken cancellationToken)
    {
        var arrival = (await scope.Arrivals.FindAsync(key, DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value;
        if (arrival?.State == ArrivalState.OnTheWay)
        {
            await _moves.ArriveAsync(key, cancellationToken).ConfigureAwait(false);
            await _moves.PublishAsync(user, cancellationToken).ConfigureAwait(false);
        }

        // Another one may have completed it since the look.
        return arrival?.State is ArrivalState.OnTheWay or ArrivalState.Arrived;
    }

    /// <summary>Lets all forwardings of a chain lead to its end.</summary>
    private async Task ShortenAsync(List<Forwarding> passed, CancellationToken cancellationToken)
    {
        var last = passed[^1];
        foreach (var forwarding in passed.SkipLast(1).Where(forwarding => forwarding.Key.Territory != last.Destination))
        {
            try
            {
                await scope.InTerritoryAsync(
                    forwarding.Key.Territory,
                    async (unit, token) =>
                    {
                        // Not only the version: a row that was removed and made anew begins to count anew.
                        var forwardings = unit.Repository<Forwarding, UserKey>();
                        var stored = await forwardings.FindAsync(forwarding.Key, RowLock.Update, token).ConfigureAwait(false);
                        if (stored == forwarding)
                        {
                            forwardings.Update(forwarding with { Destination = last.Destination, Move = last.Move }, forwarding.Version);
                        }
                    },
                    replaySafe: true,
                    cancellationToken).ConfigureAwait(false);
            }
            catch (DataTierException)
            {
                // It only saves the next one a detour.
            }
        }
    }

    private async ValueTask<ReadResult<User?>> FindByNameAsync(
        DirectoryName name, Func<User, string?> nameOf, ReadOptions? options, CancellationToken cancellationToken)
    {
        var match = await _directory.FindAsync(name, options, cancellationToken).ConfigureAwait(false);
        if (match.Value is not { } found || !scope.Holds(found.Owner.Territory))
        {
            return new ReadResult<User?>(null, match.Region, match.Source, match.Age, match.Reason) { Endpoint = match.Endpoint };
        }

        var key = new UserKey(found.Owner.Territory, found.Owner.Id);
        var read = await FindAsync(key, options, cancellationToken).ConfigureAwait(false);
        if (!Fits(read.Value) && options?.Consistency != ConsistencyLevel.Strong)
        {
            // The directory's node and the user's may be of different ages; their primaries are not.
            read = await FindAsync(key, DirectoryScope.Strong with { Timeout = options?.Timeout }, cancellationToken).ConfigureAwait(false);
        }

        return Fits(read.Value) ? read : read with { Value = null };

        bool Fits(User? user) => user is not null && DirectoryName.TryCreate(name.Kind, nameOf(user), out var has) && has.Equals(name);
    }

    private Task<DirectoryClaim> ChangeAsync(UserKey key, DirectoryName name, Func<User, User> change, CancellationToken cancellationToken) => OfCurrentAsync(
        key,
        user => _directory.ChangeAsync(
            name,
            OwnerOf(user.Key),
            (unit, _) =>
            {
                unit.Repository<User, UserKey>().Update(change(user) with { UpdatedAt = scope.Now }, user.Version);
                return Task.CompletedTask;
            },
            cancellationToken),
        cancellationToken);

    /// <summary>Does something with the user as stored now, and again if the user was written or moved meanwhile.</summary>
    private async Task<T> OfCurrentAsync<T>(UserKey key, Func<User, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            var user = await CurrentAsync(key, cancellationToken).ConfigureAwait(false);
            try
            {
                return await work(user).ConfigureAwait(false);
            }
            catch (ConflictException conflict) when (conflict.Kind is ConflictKind.VersionMismatch or ConflictKind.NotFound && round < MaxRounds)
            {
                key = user.Key;
            }
        }
    }

    private async Task<User> CurrentAsync(UserKey key, CancellationToken cancellationToken) =>
        (await FindAsync(key, DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value
        ?? throw new ConflictException("No user has the key.", ConflictKind.NotFound) { Operation = "users.find" };

    /// <summary>Takes a move as far as it goes; false if it is over without the user having left by it.</summary>
    /// <exception cref="ConflictException">The user was written again and again.</exception>
    private async Task<bool> GoOnAsync(UserMove move, MoveProgress progress, CancellationToken cancellationToken)
    {
        for (var round = 0; progress is MoveProgress.Begun or MoveProgress.Changed; round++)
        {
            if (round == MaxRounds)
            {
                throw Overtaken("users.move");
            }

            progress = await _moves.CopyAsync(move, cancellationToken).ConfigureAwait(false) is { } copy
                ? await _moves.LeaveAsync(move, copy, cancellationToken).ConfigureAwait(false)
                : MoveProgress.Gone;
        }

        if (progress == MoveProgress.Gone && await _moves.CallOffAsync(move, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await _moves.ArriveAsync(new ArrivalKey(move.To.Territory, move.Id), cancellationToken).ConfigureAwait(false);
        await _moves.PublishAsync(move.To, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>False if one of the names can't be the user's.</summary>
    private async Task<bool> RenewAsync(User user, CancellationToken cancellationToken)
    {
        var possible = DirectoryName.TryCreate(DirectoryKind.Email, user.Email, out var email) & TryUsername(user.Username, out var username);
        foreach (var name in new[] { email, username }.OfType<DirectoryName>())
        {
            if (await _directory.RenewAsync(name, OwnerOf(user.Key), cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            try
            {
                await _directory.ClaimAsync(
                    [name],
                    OwnerOf(user.Key),
                    async (unit, token) =>
                    {
                        // As listed, or the claim would be for a name that the user has given up.
                        var now = await unit.Repository<User, UserKey>().FindAsync(user.Key, RowLock.Update, token).ConfigureAwait(false);
                        if (now?.Version != user.Version)
                        {
                            throw Overtaken("users.renew");
                        }
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (ConflictException conflict) when (conflict is { Kind: ConflictKind.AlreadyExists, IsTransient: false })
            {
                possible = false;
            }
            catch (ConflictException conflict) when (conflict.Kind == ConflictKind.Serialization)
            {
                // Written a moment ago, by whoever also sees to the name; if not, the next run does.
                possible = false;
            }
        }

        return possible;
    }

    private static bool TryUsername(string? username, out DirectoryName? name)
    {
        name = null;
        return username is null || DirectoryName.TryCreate(DirectoryKind.Username, username, out name);
    }
}
