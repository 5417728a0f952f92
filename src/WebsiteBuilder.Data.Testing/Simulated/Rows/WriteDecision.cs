using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>What a write does, given the rows that are visible at the primary: a change, or nothing, or a conflict as the PostgreSQL store reports it.</summary>
/// <param name="Change">The change; null when there is nothing to do.</param>
/// <param name="Version">The version to tell the caller, 0 for a blind write.</param>
/// <param name="Unmatched">Why nothing matched; <see cref="ConflictKind.Unspecified"/> if something did, or nothing had to.</param>
internal readonly record struct WriteDecision(RowChange? Change, long Version, ConflictKind Unmatched = ConflictKind.Unspecified)
{
    /// <summary>The key of a row, unique in its shard.</summary>
    public static string KeyOf<TEntity, TKey>(EntityMap<TEntity, TKey> map, TKey key)
        where TEntity : class
        where TKey : notnull => Convert.ToHexString(KeyEncoding.Encode(map, key));

    /// <summary>Decides.</summary>
    /// <param name="map">How the entity is stored.</param>
    /// <param name="key">The row's key, from <see cref="KeyOf"/>.</param>
    /// <param name="write">The write.</param>
    /// <param name="rows">The rows that are visible to it.</param>
    /// <param name="rules">The table's constraints.</param>
    /// <param name="position">Whoever has it, has those rows.</param>
    /// <exception cref="StoreFaultException">What is stored contradicts the write, or a value can't be stored.</exception>
    public static WriteDecision Of<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, string key, EntityWrite<TEntity, TKey> write, RowSet rows, TableRules rules, ulong position)
        where TEntity : class
        where TKey : notnull
    {
        var existing = rows.Find(map.Table, key);
        var row = write.Entity is { } entity ? rules.Row(map, entity, (existing?.Version ?? 0) + 1) : null;
        if (IsUnmatched(write.Kind, existing, write.ExpectedVersion))
        {
            return new WriteDecision(null, 0, existing is null ? ConflictKind.NotFound : ConflictKind.VersionMismatch);
        }

        if (write.Kind == EntityWriteKind.Insert && existing is not null)
        {
            throw Duplicate($"{rules.Table}_pkey", position);
        }

        foreach (var value in row?.Unique ?? [])
        {
            if (rows.OwnerOf(value) is { } owner && owner != key)
            {
                throw Duplicate($"{rules.Table}_{value.Column}_key", position);
            }
        }

        var changes = row is not null || existing is not null;
        var version = write.IsBlind || map.Version is null ? 0 : row?.Version ?? existing?.Version ?? 0;
        return new WriteDecision(changes ? new RowChange(map.Table, key, row) : null, version);
    }

    /// <summary>Decides on rows that are inserted together, which must not contradict each other either.</summary>
    /// <param name="map">How the entities are stored.</param>
    /// <param name="entities">The entities.</param>
    /// <param name="rows">The rows that are visible to the write.</param>
    /// <param name="rules">The table's constraints.</param>
    /// <param name="position">Whoever has it, has those rows.</param>
    /// <exception cref="StoreFaultException">What is stored contradicts one of them, or a value can't be stored.</exception>
    public static IReadOnlyList<RowChange> OfMany<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, RowSet rows, TableRules rules, ulong position)
        where TEntity : class
        where TKey : notnull
    {
        var changes = new List<RowChange>(entities.Count);
        var (keys, unique) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<UniqueValue>());
        foreach (var entity in entities)
        {
            var key = map.KeyOf(entity);
            var change = Of(map, KeyOf(map, key), new EntityWrite<TEntity, TKey>(EntityWriteKind.Insert, key, entity, null), rows, rules, position).Change!;
            if (!keys.Add(change.Key))
            {
                throw Duplicate($"{rules.Table}_pkey", position);
            }

            foreach (var value in change.Row!.Unique)
            {
                if (!unique.Add(value))
                {
                    throw Duplicate($"{rules.Table}_{value.Column}_key", position);
                }
            }

            changes.Add(change);
        }

        return changes;
    }

    /// <summary>The fault of a write that had to match something and didn't.</summary>
    public static StoreFaultException NothingMatched(ConflictKind kind, ulong position) =>
        new(StoreFaultKind.Conflict, WriteDisposition.NotApplied, "Nothing matched.") { Position = position, Conflict = kind };

    private static bool IsUnmatched(EntityWriteKind kind, StoredRow? existing, long? expectedVersion)
    {
        var mustMatch = kind == EntityWriteKind.Update || expectedVersion is not null;
        return mustMatch && (existing is null || (expectedVersion is { } expected && existing.Version != expected));
    }

    private static StoreFaultException Duplicate(string constraint, ulong position) =>
        new(StoreFaultKind.Conflict, WriteDisposition.NotApplied, "A unique value exists already.")
        {
            Code = "23505",
            Conflict = ConflictKind.AlreadyExists,
            Constraint = constraint,
            Position = position,
        };
}
