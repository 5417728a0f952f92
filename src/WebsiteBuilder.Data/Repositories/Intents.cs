using WebsiteBuilder.Data.Execution;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>The client's own defaults. Immutable.</summary>
internal sealed record ClientDefaults(ConsistencyLevel Consistency, TimeSpan MaxStaleness, WriteDurability Durability, TimeSpan Timeout);

/// <summary>Turns a call's options, its entity's policy and the client's defaults into what the engine must keep; the narrower wins.</summary>
internal static class Intents
{
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);
    public static readonly TimeSpan MaxMaxStaleness = TimeSpan.FromDays(7);

    public static ReadIntent Resolve(ReadOptions? options, EntityPolicy policy, ClientDefaults defaults)
    {
        var level = Said(options?.Consistency) ?? Said(policy.Consistency) ?? defaults.Consistency;
        if (level is < ConsistencyLevel.Eventual or > ConsistencyLevel.Strong)
        {
            throw new ArgumentOutOfRangeException(nameof(options), level, "Consistency must be one of the named levels.");
        }

        var staleness = options?.MaxStaleness ?? policy.MaxStaleness ?? defaults.MaxStaleness;
        if (staleness < TimeSpan.Zero || staleness > MaxMaxStaleness)
        {
            throw new ArgumentOutOfRangeException(nameof(options), staleness, "MaxStaleness must be 0 to 7 days.");
        }

        var barrier = Said(options?.Barrier) ?? Said(policy.Barrier) ?? StrongReadBarrier.None;
        if (barrier is < StrongReadBarrier.None or > StrongReadBarrier.Quorum)
        {
            throw new ArgumentOutOfRangeException(nameof(options), barrier, "Barrier must be one of the named values.");
        }

        var nodes = Said(options?.Nodes) ?? Said(policy.Nodes) ?? NodePreference.SparePrimary;
        if (nodes is < NodePreference.SparePrimary or > NodePreference.PrimaryFirst)
        {
            throw new ArgumentOutOfRangeException(nameof(options), nodes, "Nodes must be one of the named values.");
        }

        return new ReadIntent(
            level,
            staleness,
            Timeout(options?.Timeout, defaults),
            options?.ServeStale ?? false,
            options?.Region ?? default,
            level == ConsistencyLevel.Strong && barrier == StrongReadBarrier.Quorum,
            nodes,
            options?.Labels ?? policy.Labels);
    }

    public static WriteIntent Resolve(WriteOptions? options, EntityPolicy policy, ClientDefaults defaults)
    {
        RequireKey(options?.IdempotencyKey);
        return new WriteIntent(
            Durability(Said(options?.Durability) ?? Said(policy.Durability) ?? defaults.Durability),
            Timeout(options?.Timeout, defaults),
            options?.IdempotencyKey is not null || (policy.Resolvable ?? true));
    }

    /// <summary>A unit of work's, before it is known what it writes.</summary>
    public static WriteIntent Resolve(UnitOfWorkOptions options, ClientDefaults defaults)
    {
        RequireKey(options.IdempotencyKey);
        return new WriteIntent(Durability(Said(options.Durability) ?? defaults.Durability), Timeout(options.Timeout, defaults), Resolvable: true);
    }

    private static WriteDurability Durability(WriteDurability durability) => durability is >= WriteDurability.Off and <= WriteDurability.RemoteApply
        ? durability
        : throw new ArgumentOutOfRangeException(nameof(durability), durability, "Durability must be one of the named values.");

    private static void RequireKey(string? key)
    {
        if (key is { Length: 0 or > WriteOptions.MaxIdempotencyKeyLength })
        {
            throw new ArgumentOutOfRangeException(nameof(key), key.Length, $"IdempotencyKey must have 1 to {WriteOptions.MaxIdempotencyKeyLength} characters.");
        }
    }

    /// <summary>Unspecified is the same as nothing: whoever comes next decides.</summary>
    private static ConsistencyLevel? Said(ConsistencyLevel? level) => level == ConsistencyLevel.Unspecified ? null : level;

    private static WriteDurability? Said(WriteDurability? durability) => durability == WriteDurability.Unspecified ? null : durability;

    private static StrongReadBarrier? Said(StrongReadBarrier? barrier) => barrier == StrongReadBarrier.Unspecified ? null : barrier;

    private static NodePreference? Said(NodePreference? nodes) => nodes == NodePreference.Unspecified ? null : nodes;

    private static TimeSpan Timeout(TimeSpan? asked, ClientDefaults defaults)
    {
        var timeout = asked ?? defaults.Timeout;
        return timeout > TimeSpan.Zero && timeout <= MaxTimeout
            ? timeout
            : throw new ArgumentOutOfRangeException(nameof(asked), timeout, "Timeout must be above 0 and up to 1 hour.");
    }
}
