namespace WebsiteBuilder.Data.Repositories;

/// <summary>Names over all territories.</summary>
internal sealed class TerritoryDirectory(DirectoryScope scope) : ITerritoryDirectory
{
    private const int MaxNames = 16;
    private const int MaxRounds = 4;
    private const int BatchSize = 500;

    private readonly ClaimSteps _steps = new(scope);

    public async ValueTask<ReadResult<DirectoryMatch?>> FindAsync(DirectoryName name, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var read = await scope.Entries.FindManyAsync([.. scope.Settings.Hashes.Of(name)], options, cancellationToken).ConfigureAwait(false);
        var match = read.Value is [var entry, ..] ? new DirectoryMatch(entry.Owner, entry.State == EntryState.Confirmed) : null;
        return new ReadResult<DirectoryMatch?>(match, read.Region, read.Source, read.Age, read.Reason) { Endpoint = read.Endpoint };
    }

    public async Task<DirectoryClaim> ClaimAsync(
        IReadOnlyCollection<DirectoryName> names, DirectoryOwner owner, Func<IUnitOfWork, CancellationToken, Task> store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfZero(names.Count, nameof(names));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(names.Count, MaxNames, nameof(names));
        return await RunAsync([.. names.Distinct()], owner, null, store, cancellationToken).ConfigureAwait(false);
    }

    public Task<DirectoryClaim> ChangeAsync(
        DirectoryName name, DirectoryOwner owner, Func<IUnitOfWork, CancellationToken, Task> store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(store);
        return RunAsync([name], owner, name.Kind, store, cancellationToken);
    }

    public async Task<WriteResult> ReleaseAsync(
        DirectoryOwner owner, DirectoryKind? kind = null, Func<IUnitOfWork, CancellationToken, Task>? store = null, CancellationToken cancellationToken = default)
    {
        var (write, released) = await _steps.HoldAsync(
            owner, [], claim => kind is null || claim.Kind == kind, store ?? (static (_, _) => Task.CompletedTask), cancellationToken).ConfigureAwait(false);
        await TryConfirmAsync([], released, cancellationToken).ConfigureAwait(false);
        return write;
    }

    public async Task<bool> RenewAsync(DirectoryName name, DirectoryOwner owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var entries = await scope.Entries.FindManyAsync([.. scope.Settings.Hashes.Of(name)], DirectoryScope.Strong, cancellationToken).ConfigureAwait(false);
        if (!entries.Value.Any(entry => entry.Owner.Id == owner.Id))
        {
            return false;
        }

        Reservation reserved;
        try
        {
            reserved = (await _steps.ReserveAsync([name], owner, [], cancellationToken).ConfigureAwait(false))[0];
        }
        catch (ConflictException conflict) when (conflict.Kind == ConflictKind.AlreadyExists)
        {
            // The owner had it, or has it somewhere else.
            return false;
        }

        var held = await _steps.StateAsync(owner, reserved.Claim, cancellationToken).ConfigureAwait(false) == ClaimState.Held;
        if (held && !reserved.Held)
        {
            await _steps.ConfirmAsync([reserved.Claim], [], cancellationToken).ConfigureAwait(false);
        }

        return held;
    }

    public async Task<int> ForgetKeyAsync(int keyId, CancellationToken cancellationToken = default)
    {
        if (scope.Settings.Hashes.HasKey(keyId))
        {
            throw new ArgumentException("The key is still configured, so its hashes are still needed.", nameof(keyId));
        }

        var ofKey = Query.All<DirectoryEntry>().Where(scope.Settings.Entries.KeyId, Comparison.Equal, checked((short)keyId)).Take(BatchSize);
        var removed = 0;
        for (var last = BatchSize; last == BatchSize; removed += last)
        {
            await scope.InDirectoryAsync(
                async (unit, token) =>
                {
                    var entries = unit.Repository<DirectoryEntry, DirectoryEntryKey>();
                    var rows = await entries.QueryAsync(ofKey, RowLock.Update, token).ConfigureAwait(false);
                    last = rows.Count;
                    foreach (var row in rows)
                    {
                        entries.Delete(row.Key);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }

        return removed;
    }

    /// <param name="names">The names.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="exchange">The kind of which everything else is given up, and whose writes are made in any case.</param>
    /// <param name="store">What else to write.</param>
    /// <param name="cancellationToken">Stops.</param>
    private async Task<DirectoryClaim> RunAsync(
        IReadOnlyCollection<DirectoryName> names,
        DirectoryOwner owner,
        DirectoryKind? exchange,
        Func<IUnitOfWork, CancellationToken, Task> store,
        CancellationToken cancellationToken)
    {
        if (!scope.Holds(owner.Territory))
        {
            throw new ArgumentException("No configured shard holds the owner's territory.", nameof(owner));
        }

        var abandoned = new HashSet<Guid>();
        for (var round = 1; ; round++)
        {
            var reserved = await _steps.ReserveAsync(names, owner, abandoned, cancellationToken).ConfigureAwait(false);
            var (open, complete) = await SortAsync(owner, reserved, asked: round > 1, abandoned, cancellationToken).ConfigureAwait(false);
            if (open.Count + complete.Count < reserved.Count)
            {
                // What is abandoned gets a new claim in the next round.
                if (round >= MaxRounds)
                {
                    throw new ConflictException("The claim took longer than its reservation, again and again.", ConflictKind.AlreadyExists)
                    {
                        IsTransient = true,
                        Operation = "directory.claim",
                    };
                }

                continue;
            }

            if (open.Count == 0 && exchange is null)
            {
                return new DirectoryClaim(default, await TryConfirmAsync(Unconfirmed(complete), [], cancellationToken).ConfigureAwait(false));
            }

            try
            {
                var keep = reserved.Select(static claim => claim.Claim).ToHashSet();
                var (write, released) = await _steps.HoldAsync(
                    owner, open, exchange is null ? null : claim => claim.Kind == exchange && !keep.Contains(claim.Key.Claim), store, cancellationToken).ConfigureAwait(false);
                return new DirectoryClaim(write, await TryConfirmAsync(Unconfirmed([.. complete, .. open]), released, cancellationToken).ConfigureAwait(false));
            }
            catch (ConflictException conflict) when (conflict is { Kind: ConflictKind.AlreadyExists, Operation: StoredClaimMap.Insertion } && round < MaxRounds)
            {
                // An earlier call of this owner got further than it could tell, or its time was up and another owner ended it: the next round looks.
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                await WithdrawAsync(owner, open, cancellationToken).ConfigureAwait(false);
                throw;
            }
        }
    }

    private static List<Guid> Unconfirmed(List<Reservation> claims) => [.. claims.Where(static claim => !claim.Held).Select(static claim => claim.Claim)];

    /// <summary>Tells open claims from those that are held. What turns out to be abandoned is in neither list.</summary>
    private async Task<(List<Reservation> Open, List<Reservation> Complete)> SortAsync(
        DirectoryOwner owner, IReadOnlyList<Reservation> reserved, bool asked, HashSet<Guid> abandoned, CancellationToken cancellationToken)
    {
        var open = new List<Reservation>();
        var complete = new List<Reservation>();
        foreach (var claim in reserved)
        {
            // At first a claim is taken for new. One that the directory calls held may have been given up by a call that then was broken off.
            var state = asked || claim.Held ? await _steps.StateAsync(owner, claim.Claim, cancellationToken).ConfigureAwait(false) : ClaimState.Open;
            switch (state)
            {
                case ClaimState.Open:
                    open.Add(claim);
                    break;
                case ClaimState.Abandoned:
                    abandoned.Add(claim.Claim);
                    break;
                default:
                    complete.Add(claim);
                    break;
            }
        }

        return (open, complete);
    }

    /// <summary>Lets others have the names at once rather than when their time is up. Whether the claims were stored after all is found out by the attempt.</summary>
    private async Task WithdrawAsync(DirectoryOwner owner, List<Reservation> open, CancellationToken cancellationToken)
    {
        try
        {
            var gone = new List<Guid>();
            foreach (var claim in open)
            {
                if (await _steps.AbandonAsync(owner, claim.Claim, claim.Name.Kind, cancellationToken).ConfigureAwait(false))
                {
                    gone.Add(claim.Claim);
                }
            }

            await _steps.ConfirmAsync([], gone, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DataTierException or OperationCanceledException)
        {
            // What can't be withdrawn expires. The caller must hear of what came first.
        }
    }

    /// <summary>False if the directory can't be told now; whoever meets the claims next finds out.</summary>
    private async Task<bool> TryConfirmAsync(List<Guid> held, IReadOnlyCollection<Guid> gone, CancellationToken cancellationToken)
    {
        if (held.Count + gone.Count == 0)
        {
            return true;
        }

        try
        {
            await _steps.ConfirmAsync(held, gone, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is DataTierException or OperationCanceledException)
        {
            return false;
        }
    }
}
