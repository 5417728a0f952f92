namespace WebsiteBuilder.Data.Repositories;

/// <summary>What is known of a claim in the directory. The numbers are stored.</summary>
internal enum EntryState
{
    /// <summary>Whether it is held is known in the owner's territory only, or not decided yet.</summary>
    Reserved = 1,

    /// <summary>It was held when this was written.</summary>
    Confirmed = 2,
}

internal readonly record struct DirectoryEntryKey(short Kind, short KeyId, string Hash);

/// <summary>A name under one key: a pointer to the claim that may be held. Where the directory and the owner's territory disagree, the territory is right.</summary>
internal sealed record DirectoryEntry(DirectoryEntryKey Key, Guid Claim, DirectoryOwner Owner, EntryState State, DateTimeOffset? ReservedUntil)
{
    public long Version { get; init; }
}

/// <summary>How entries are stored; made for each client, because the shard is a setting.</summary>
internal sealed class DirectoryEntryMap
{
    public DirectoryEntryMap(string shard) => Map = EntityMap.Create<DirectoryEntry, DirectoryEntryKey>("wbd.directory_entry", static entry => entry.Key, map =>
    {
        map.StoredIn(shard);
        var kind = map.Key("kind", static entry => entry.Key.Kind, static key => key.Kind);
        KeyId = map.Key("key_id", static entry => entry.Key.KeyId, static key => key.KeyId);
        var hash = map.Key("hash", static entry => entry.Key.Hash, static key => key.Hash);
        Claim = map.Column("claim", static entry => entry.Claim);
        var territory = map.Column("territory", static entry => entry.Owner.Territory.ToString());
        var owner = map.Column("owner_id", static entry => entry.Owner.Id);
        var state = map.Column("state", static entry => (short)entry.State);
        var until = map.Column("reserved_until", static entry => entry.ReservedUntil);
        var version = map.Version("version", static entry => entry.Version);
        return row => new DirectoryEntry(
            new DirectoryEntryKey(row.Get(kind), row.Get(KeyId), row.Get(hash)),
            row.Get(Claim),
            new DirectoryOwner(Territory.Parse(row.Get(territory)), row.Get(owner)),
            (EntryState)row.Get(state),
            row.Get(until))
        {
            Version = row.Get(version),
        };
    });

    public EntityMap<DirectoryEntry, DirectoryEntryKey> Map { get; }

    public EntityColumn<DirectoryEntry, short> KeyId { get; private set; } = null!;

    public EntityColumn<DirectoryEntry, Guid> Claim { get; private set; } = null!;

    /// <summary>All hashes of one name.</summary>
    public Query<DirectoryEntry> OfClaim(Guid claim) => Query.All<DirectoryEntry>().Where(Claim, Comparison.Equal, claim);
}
