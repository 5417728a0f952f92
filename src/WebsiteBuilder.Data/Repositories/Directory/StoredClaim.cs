namespace WebsiteBuilder.Data.Repositories;

/// <summary>What became of a claim. The numbers are stored.</summary>
internal enum ClaimState
{
    /// <summary>There is no row: not decided yet.</summary>
    Open = 0,

    /// <summary>Its owner has the name.</summary>
    Held = 1,

    /// <summary>Nobody has the name by it, nor ever will.</summary>
    Abandoned = 2,

    /// <summary>It went to another territory together with its owner.</summary>
    Moved = 3,
}

internal readonly record struct ClaimKey(Territory Territory, Guid Claim);

/// <summary>A claim as its owner's territory has it, which is what counts. Every claim has an id of its own, so that a late write can't revive one that was abandoned.</summary>
internal sealed record StoredClaim(ClaimKey Key, Guid OwnerId, DirectoryKind Kind, ClaimState State, DateTimeOffset ChangedAt)
{
    public long Version { get; init; }
}

internal static class StoredClaimMap
{
    public const string Insertion = "wbd.directory_claim.insert";

    public static EntityMap<StoredClaim, ClaimKey> Map { get; } = EntityMap.Create<StoredClaim, ClaimKey>("wbd.directory_claim", static claim => claim.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("claim", static claim => claim.Key.Claim, static key => key.Claim);
        var owner = map.Column("owner_id", static claim => claim.OwnerId);
        var kind = map.Column("kind", static claim => (short)claim.Kind);
        var state = map.Column("state", static claim => (short)claim.State);
        var changed = map.Column("changed_at", static claim => claim.ChangedAt);
        var version = map.Version("version", static claim => claim.Version);
        return row => new StoredClaim(
            new ClaimKey(row.Territory, row.Get(id)), row.Get(owner), (DirectoryKind)row.Get(kind), (ClaimState)row.Get(state), row.Get(changed))
        {
            Version = row.Get(version),
        };
    });

    /// <summary>All that an owner holds.</summary>
    public static Query<StoredClaim> HeldBy(DirectoryOwner owner) => Query.All<StoredClaim>().In(owner.Territory)
        .Where((EntityColumn<StoredClaim, Guid>)Map.Columns[1], Comparison.Equal, owner.Id)
        .Where((EntityColumn<StoredClaim, short>)Map.Columns[3], Comparison.Equal, (short)ClaimState.Held)
        .Take(Query<StoredClaim>.MaxLimit);
}
