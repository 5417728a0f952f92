using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>Keys and values as one session sees them.</summary>
/// <param name="context">The way to Redis.</param>
/// <param name="policy">How they are laid out.</param>
/// <param name="region">What results say.</param>
/// <param name="session">The session.</param>
/// <param name="space">What keeps keys of one use apart from those of others. They share partitions, and with them clocks and shards.</param>
internal sealed class SessionKeyValueStore(
    RealTimeContext context, KeyValuePolicy policy, RegionId region, SessionState session, string space = SessionKeyValueStore.Plain) : IKeyValueStore
{
    public const string Plain = "value";

    private const int PageSize = 100;

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxExpiry = TimeSpan.FromDays(3_660);

    private readonly KeyValueReads _reads = new(context, policy, session);

    public SessionToken Token => session.Token;

    public int Partitions => policy.Partitions;

    public async ValueTask<ReadResult<KeyValueEntry?>> GetAsync(string key, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        var (level, timeout) = Read(options);
        var (part, hash) = Find(key);
        var answer = await _reads.ReadAsync(part, [key], [hash], level, timeout, cancellationToken).ConfigureAwait(false);
        var entry = StoredValue.Read(key, answer.Values.AsItems()[0]);
        Saw(part, answer, level, entry);
        return new ReadResult<KeyValueEntry?>(entry, region, SourceOf(answer), null, answer.Reason);
    }

    public async ValueTask<ReadResult<IReadOnlyDictionary<string, KeyValueEntry>>> GetManyAsync(
        IReadOnlyCollection<string> keys, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keys.Count, IKeyValueStore.MaxKeys, nameof(keys));
        var (level, timeout) = Read(options);
        Dictionary<int, Dictionary<string, uint>> parts = [];
        foreach (var key in keys)
        {
            KeySpace.RequireName(key, nameof(keys));
            var place = KeyPlace.Of(key, policy.Partitions);
            (parts.TryGetValue(place.Partition, out var known) ? known : parts[place.Partition] = new(StringComparer.Ordinal))[key] = place.Hash;
        }

        Dictionary<string, KeyValueEntry> entries = new(StringComparer.Ordinal);
        var (source, reason) = (AnswerSource.Primary, RouteReason.None);
        var answers = await Task.WhenAll(parts.Select(async pair =>
        {
            string[] names = [.. pair.Value.Keys];
            var part = PartitionOf(pair.Key);
            return (part, names, await _reads.ReadAsync(part, names, [.. pair.Value.Values], level, timeout, cancellationToken).ConfigureAwait(false));
        })).ConfigureAwait(false);
        foreach (var (part, names, answer) in answers)
        {
            for (var at = 0; at < names.Length; at++)
            {
                var entry = StoredValue.Read(names[at], answer.Values.AsItems()[at]);
                Saw(part, answer, level, entry);
                if (entry is not null)
                {
                    entries.Add(entry.Key, entry);
                }
            }

            source = answer.IsPrimary ? source : AnswerSource.Replica;
            reason |= answer.Reason;
        }

        return new ReadResult<IReadOnlyDictionary<string, KeyValueEntry>>(entries, region, source, null, reason);
    }

    public Task<KeyValueResult> SetAsync(string key, ReadOnlyMemory<byte> value, KeyValueWriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, IKeyValueStore.MaxValueLength, nameof(value));
        return WriteAsync(key, "set", value, options ?? new KeyValueWriteOptions(), isListed: false, cancellationToken);
    }

    public Task<KeyValueResult> DeleteAsync(string key, KeyValueWriteOptions? options = null, CancellationToken cancellationToken = default) => options?.Expiry is null
        ? WriteAsync(key, "del", default, options ?? new KeyValueWriteOptions(), isListed: false, cancellationToken)
        : throw new ArgumentException("A deletion doesn't end.", nameof(options));

    /// <summary>Writes a key and puts it on its partition's list, both or neither. It doesn't end before it is taken off.</summary>
    public Task<KeyValueResult> SetListedAsync(string key, ReadOnlyMemory<byte> value, KeyValueWriteOptions options, CancellationToken cancellationToken) =>
        WriteAsync(key, "set", value, options, isListed: true, cancellationToken);

    /// <summary>The version of what was listed last; 0 if nothing is.</summary>
    public async ValueTask<long> NewestListedAsync(int partition, CancellationToken cancellationToken) =>
        (await context.RunAsync(KeyValueScripts.Newest, [PartitionOf(partition).Listed], [], cancellationToken).ConfigureAwait(false)).AsInt64();

    /// <summary>Some of what is listed between two versions, the second one included, in the order of versions.</summary>
    public async ValueTask<IReadOnlyList<(string Key, long Version)>> ListAsync(int partition, long after, long upTo, CancellationToken cancellationToken)
    {
        var reply = await context.RunAsync(KeyValueScripts.List, [PartitionOf(partition).Listed], [after, upTo, PageSize], cancellationToken).ConfigureAwait(false);
        List<(string, long)> page = [];
        for (var at = 0; at + 1 < reply.AsItems().Length; at += 2)
        {
            page.Add((reply.Items[at].AsString()!, reply.Items[at + 1].AsInt64()));
        }

        return page;
    }

    /// <summary>Takes a key off the list, and lets it end after a while, unless it was written after a version.</summary>
    public async ValueTask<bool> UnlistAsync(int partition, string key, long version, TimeSpan expiry, CancellationToken cancellationToken)
    {
        var part = PartitionOf(partition);
        RedisArgument[] arguments = [key, version, Bounds.Milliseconds(expiry)];
        return (await context.RunAsync(KeyValueScripts.Unlist, [part.Listed, part.Value(key)], arguments, cancellationToken).ConfigureAwait(false)).AsBoolean();
    }

    private static AnswerSource SourceOf(KeyValueAnswer answer) => answer.IsPrimary ? AnswerSource.Primary : AnswerSource.Replica;

    private async Task<KeyValueResult> WriteAsync(
        string key, string verb, ReadOnlyMemory<byte> value, KeyValueWriteOptions options, bool isListed, CancellationToken cancellationToken)
    {
        Require(options);
        var (part, hash) = Find(key);
        var command = KeyValueScripts.Write.Run(
            isListed ? [part.Head, part.Value(key), part.Listed] : [part.Head, part.Value(key)],
            verb,
            value,
            options.Expiry is { } expiry ? Bounds.Milliseconds(expiry) : 0,
            options.ExpectedVersion is { } expected ? expected : "",
            context.NewHistory(),
            key);
        var required = session.Token;
        RedisCallOptions call = new(RedisTarget.Primary, options.Timeout ?? DefaultTimeout);
        var (reply, replicas) = options.Durability is { } durability
            ? await context.Channel.ExecuteReplicatedAsync(command, durability.Replicas, durability.Patience, call, cancellationToken).ConfigureAwait(false)
            : new RedisReplicated(await context.Channel.ExecuteAsync(command, call, cancellationToken).ConfigureAwait(false), 0);
        var isApplied = reply.AsItems()[0].AsBoolean();
        var head = KeyValueHead.Read(reply.Items[1].AsString()!, reply.Items[2].AsString()!, reply.Items[4].AsString()!);
        var version = reply.Items[3].AsInt64();
        if (!isApplied)
        {
            // To be told what is stored is to read it.
            KeyValueProof.Require(required, part.Shard, head);
        }

        if (head.History is { } history)
        {
            // Whoever is told that a version is, or isn't, stored has read; only a write without condition learns nothing.
            var position = version > 0 ? (ulong)version : head.Clock;
            session.Wrote(part.Shard, history, position, options.ExpectedVersion is null ? hash : null, context.Runtime.Now);
        }

        return new KeyValueResult(region, isApplied, version, isApplied ? replicas : 0);
    }

    private void Saw(KeyPartition part, KeyValueAnswer answer, ConsistencyLevel level, KeyValueEntry? entry)
    {
        if (level != ConsistencyLevel.Eventual && answer.Head.History is { } history)
        {
            // Whoever has the version that was seen, has all that came before it. What isn't there has none: then all that the node had.
            session.Wrote(part.Shard, history, entry is null ? answer.Head.Clock : (ulong)entry.Version, blindKey: null, context.Runtime.Now);
        }
    }

    private (KeyPartition Part, uint Hash) Find(string key)
    {
        KeySpace.RequireName(key, nameof(key));
        var place = KeyPlace.Of(key, policy.Partitions);
        return (PartitionOf(place.Partition), place.Hash);
    }

    private KeyPartition PartitionOf(int number) => new(context.Keys, policy, space, number);

    private (ConsistencyLevel Level, TimeSpan Timeout) Read(ReadOptions? options)
    {
        if (options?.Region is { } asked && asked != region)
        {
            throw new ArgumentException("The store is in another region.", nameof(options));
        }

        var timeout = options?.Timeout ?? DefaultTimeout;
        Bounds.Require(timeout, MinTime, MaxTimeout, nameof(options));
        return (options?.Consistency is { } level and not ConsistencyLevel.Unspecified ? level : ConsistencyLevel.Session, timeout);
    }

    private static void Require(KeyValueWriteOptions options)
    {
        Bounds.Require(options.Expiry ?? MinTime, MinTime, MaxExpiry, nameof(options));
        Bounds.Require(options.Timeout ?? DefaultTimeout, MinTime, MaxTimeout, nameof(options));
        Bounds.Require(options.ExpectedVersion ?? 0, 0, long.MaxValue, nameof(options));
    }
}
