namespace WebsiteBuilder.Data.Repositories;

/// <summary>A name that the directory keeps for an owner.</summary>
/// <param name="Name">The name.</param>
/// <param name="Claim">The claim by which it is kept.</param>
/// <param name="Held">Whether the directory knew already that the owner has it.</param>
internal readonly record struct Reservation(DirectoryName Name, Guid Claim, bool Held);

/// <summary>
/// The steps of a claim, each a transaction of one database. Whoever stops between two of them leaves nothing that another one can't decide:
/// reserve (directory), hold (the owner's territory: this one counts), confirm (directory).
/// </summary>
internal sealed class ClaimSteps(DirectoryScope scope)
{
    private const int MaxRounds = 16;
    private const int MaxHops = 8;

    /// <summary>Lets the directory keep names for an owner, or finds out that it does already.</summary>
    /// <param name="names">The names.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="abandoned">Claims that are known to be abandoned; what is found out is added.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ConflictException">Another one has one of them, or may be about to.</exception>
    public async Task<IReadOnlyList<Reservation>> ReserveAsync(
        IReadOnlyCollection<DirectoryName> names, DirectoryOwner owner, HashSet<Guid> abandoned, CancellationToken cancellationToken)
    {
        // One order for all, so that two who want the same names wait for each other rather than deadlock.
        var wanted = names
            .Select(name => (Name: name, Keys: scope.Settings.Hashes.Of(name)))
            .OrderBy(static name => name.Keys[^1].Hash, StringComparer.Ordinal)
            .ToArray();
        for (var round = 1; ; round++)
        {
            DirectoryEntry? contested = null;
            var reserved = new List<Reservation>();
            try
            {
                await scope.InDirectoryAsync(
                    async (unit, token) =>
                    {
                        reserved.Clear();
                        contested = await StageAsync(unit, token).ConfigureAwait(false);
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (ConflictException conflict) when (conflict.Kind == ConflictKind.AlreadyExists && round < MaxRounds)
            {
                // Another one came between looking and inserting; the next look shows whom it is for.
                continue;
            }

            if (contested is null)
            {
                return reserved;
            }

            await SettleAsync(contested, owner, abandoned, cancellationToken).ConfigureAwait(false);
            if (round >= MaxRounds)
            {
                throw Taken(transient: true);
            }

            async Task<DirectoryEntry?> StageAsync(IUnitOfWork unit, CancellationToken token)
            {
                var entries = unit.Repository<DirectoryEntry, DirectoryEntryKey>();
                var stored = new List<(DirectoryName Name, IReadOnlyList<DirectoryEntryKey> Keys, List<DirectoryEntry> Rows)>();
                foreach (var (name, keys) in wanted)
                {
                    var rows = new List<DirectoryEntry>();
                    foreach (var key in keys)
                    {
                        if (await entries.FindAsync(key, RowLock.Update, token).ConfigureAwait(false) is { } row)
                        {
                            rows.Add(row);
                        }
                    }

                    // Nothing is staged before all is clear, so that nothing is kept for a call that fails.
                    if (rows.Find(row => row.Owner != owner && !abandoned.Contains(row.Claim)) is { } foreign)
                    {
                        return foreign;
                    }

                    stored.Add((name, keys, rows));
                }

                foreach (var (name, keys, rows) in stored)
                {
                    reserved.Add(await ReserveOneAsync(entries, name, keys, rows, owner, abandoned, token).ConfigureAwait(false));
                }

                return null;
            }
        }
    }

    /// <summary>Stores the claims in the owner's territory together with whatever goes with them.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="claims">Claims that have no row there yet.</param>
    /// <param name="released">What the owner gives up in the same commit, of what it holds.</param>
    /// <param name="store">What goes with them.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The commit, and the claims that were given up.</returns>
    public async Task<(WriteResult Write, IReadOnlyList<Guid> Released)> HoldAsync(
        DirectoryOwner owner,
        IReadOnlyCollection<Reservation> claims,
        Func<StoredClaim, bool>? released,
        Func<IUnitOfWork, CancellationToken, Task> store,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredClaim> given = [];
        var write = await scope.InTerritoryAsync(
            owner.Territory,
            async (unit, token) =>
            {
                var stored = unit.Repository<StoredClaim, ClaimKey>();
                foreach (var claim in claims)
                {
                    stored.Insert(new StoredClaim(new ClaimKey(owner.Territory, claim.Claim), owner.Id, claim.Name.Kind, ClaimState.Held, scope.Now));
                }

                if (released is not null)
                {
                    var held = await stored.QueryAsync(StoredClaimMap.HeldBy(owner), RowLock.Update, token).ConfigureAwait(false);
                    given = [.. held.Where(released)];
                    foreach (var claim in given)
                    {
                        stored.Update(claim with { State = ClaimState.Abandoned, ChangedAt = scope.Now }, claim.Version);
                    }
                }

                await store(unit, token).ConfigureAwait(false);
            },
            replaySafe: false,
            cancellationToken).ConfigureAwait(false);
        return (write, [.. given.Select(static claim => claim.Key.Claim)]);
    }

    /// <summary>Tells the directory what was decided in the owner's territory.</summary>
    public Task ConfirmAsync(IReadOnlyCollection<Guid> held, IReadOnlyCollection<Guid> gone, CancellationToken cancellationToken) =>
        scope.InDirectoryAsync(
            async (unit, token) =>
            {
                var entries = unit.Repository<DirectoryEntry, DirectoryEntryKey>();
                foreach (var claim in held.Concat(gone).Order())
                {
                    var rows = await entries.QueryAsync(scope.Settings.Entries.OfClaim(claim), RowLock.Update, token).ConfigureAwait(false);
                    foreach (var row in rows)
                    {
                        if (gone.Contains(claim))
                        {
                            entries.Delete(row.Key, row.Version);
                        }
                        else if (row.State != EntryState.Confirmed)
                        {
                            entries.Update(row with { State = EntryState.Confirmed, ReservedUntil = null }, row.Version);
                        }
                    }
                }
            },
            cancellationToken);

    /// <summary>Lets claims lead to where their owner is. Only for claims that are held there.</summary>
    public Task PublishAsync(IReadOnlyCollection<Guid> held, DirectoryOwner owner, CancellationToken cancellationToken) =>
        scope.InDirectoryAsync(
            async (unit, token) =>
            {
                var entries = unit.Repository<DirectoryEntry, DirectoryEntryKey>();
                foreach (var claim in held.Order())
                {
                    var rows = await entries.QueryAsync(scope.Settings.Entries.OfClaim(claim), RowLock.Update, token).ConfigureAwait(false);
                    foreach (var row in rows.Where(row => row.Owner != owner))
                    {
                        entries.Update(row with { Owner = owner, State = EntryState.Confirmed, ReservedUntil = null }, row.Version);
                    }
                }
            },
            cancellationToken);

    /// <summary>What became of a claim, wherever its owner went with it.</summary>
    public async Task<ClaimState> StateAsync(DirectoryOwner owner, Guid claim, CancellationToken cancellationToken)
    {
        var territory = owner.Territory;
        for (var hop = 0; hop < MaxHops; hop++)
        {
            var stored = (await scope.Claims.FindAsync(new ClaimKey(territory, claim), DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value;
            if (stored?.State is not ClaimState.Moved)
            {
                // It left for a place where it hasn't arrived yet.
                return stored?.State ?? (hop == 0 ? ClaimState.Open : ClaimState.Moved);
            }

            var forwarding = (await scope.Forwardings.FindAsync(new UserKey(territory, owner.Id), DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value;
            if (forwarding is null || !scope.Holds(forwarding.Destination))
            {
                break;
            }

            territory = forwarding.Destination;
        }

        return ClaimState.Moved;
    }

    /// <summary>Makes sure that a claim can never be held; false if it is.</summary>
    public async Task<bool> AbandonAsync(DirectoryOwner owner, Guid claim, DirectoryKind kind, CancellationToken cancellationToken)
    {
        try
        {
            await scope.Claims.InsertAsync(
                new StoredClaim(new ClaimKey(owner.Territory, claim), owner.Id, kind, ClaimState.Abandoned, scope.Now), null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConflictException conflict) when (conflict.Kind == ConflictKind.AlreadyExists)
        {
            return await StateAsync(owner, claim, cancellationToken).ConfigureAwait(false) == ClaimState.Abandoned;
        }
    }

    private static ConflictException Taken(bool transient, TimeSpan? retryAfter = null) => new(
        transient ? "Another owner is about to have the name; whether it gets it isn't decided yet." : "Another owner has the name.", ConflictKind.AlreadyExists)
    {
        IsTransient = transient,
        RetryAfter = retryAfter,
        Operation = "directory.claim",
    };

    /// <summary>Finds out in the other owner's territory whether its claim counts, and ends it if its time is up and it doesn't.</summary>
    /// <exception cref="ConflictException">It counts, or may still.</exception>
    private async Task SettleAsync(DirectoryEntry entry, DirectoryOwner owner, HashSet<Guid> abandoned, CancellationToken cancellationToken)
    {
        if (entry.Owner.Id == owner.Id && await IsHeldAsync(owner, entry.Claim, cancellationToken).ConfigureAwait(false))
        {
            // The same owner, who moved; the directory just wasn't told.
            await PublishAsync([entry.Claim], owner, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!scope.Holds(entry.Owner.Territory))
        {
            throw Taken(transient: false);
        }

        var state = await StateAsync(entry.Owner, entry.Claim, cancellationToken).ConfigureAwait(false);
        if (state == ClaimState.Open && entry.State == EntryState.Reserved)
        {
            var left = (entry.ReservedUntil ?? DateTimeOffset.MinValue) - scope.Now;
            if (left > TimeSpan.Zero)
            {
                throw Taken(transient: true, left < scope.Settings.ReservationTime ? left : scope.Settings.ReservationTime);
            }

            state = await AbandonAsync(entry.Owner, entry.Claim, (DirectoryKind)entry.Key.Kind, cancellationToken).ConfigureAwait(false)
                ? ClaimState.Abandoned
                : ClaimState.Held;
        }

        if (state == ClaimState.Abandoned)
        {
            abandoned.Add(entry.Claim);
            return;
        }

        if (entry.State == EntryState.Reserved && state == ClaimState.Held)
        {
            await ConfirmAsync([entry.Claim], [], cancellationToken).ConfigureAwait(false);
        }

        throw Taken(transient: false);
    }

    private async Task<bool> IsHeldAsync(DirectoryOwner owner, Guid claim, CancellationToken cancellationToken) =>
        (await scope.Claims.FindAsync(new ClaimKey(owner.Territory, claim), DirectoryScope.Strong, cancellationToken).ConfigureAwait(false)).Value?.State == ClaimState.Held;

    private async Task<Reservation> ReserveOneAsync(
        IUnitOfWorkRepository<DirectoryEntry, DirectoryEntryKey> entries,
        DirectoryName name,
        IReadOnlyList<DirectoryEntryKey> keys,
        List<DirectoryEntry> rows,
        DirectoryOwner owner,
        HashSet<Guid> abandoned,
        CancellationToken cancellationToken)
    {
        foreach (var claim in rows.Select(static row => row.Claim).Where(abandoned.Contains).Distinct().ToArray())
        {
            // Also those under keys that this client doesn't have.
            var dead = await entries.QueryAsync(scope.Settings.Entries.OfClaim(claim), RowLock.Update, cancellationToken).ConfigureAwait(false);
            foreach (var row in dead)
            {
                entries.Delete(row.Key, row.Version);
            }

            rows.RemoveAll(row => row.Claim == claim);
        }

        var until = scope.Now + scope.Settings.ReservationTime;
        var known = rows.Count == 0 ? new DirectoryEntry(default, scope.NewId(), owner, EntryState.Reserved, until) : rows[0];
        foreach (var row in rows.Where(static row => row.State == EntryState.Reserved))
        {
            entries.Update(row with { ReservedUntil = until }, row.Version);
        }

        foreach (var key in keys.Where(key => rows.TrueForAll(row => row.Key != key)))
        {
            entries.Insert(known with { Key = key, ReservedUntil = known.State == EntryState.Reserved ? until : null });
        }

        return new Reservation(name, known.Claim, known.State == EntryState.Confirmed);
    }
}
