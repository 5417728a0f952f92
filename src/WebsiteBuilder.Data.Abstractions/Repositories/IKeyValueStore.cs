namespace WebsiteBuilder.Data;

/// <summary>
/// Keys and values with expiry and versions, as one session sees them. Thread-safe; as many as there are sessions, and they cost nothing to make.
/// </summary>
/// <remarks>
/// <para>Keys are 1 to 256 characters of any kind, values up to <see cref="MaxValueLength"/> bytes. A version is a number above 0 that grows with every write of the
/// key, over deletion and expiry too; nothing else may be read from it.</para>
/// <para><b>Levels of reads.</b> <see cref="ConsistencyLevel.Session"/>, the default: a replica answers if it proves that it has all that the session has written and seen
/// that could concern the key, else the primary; the session sees its own writes, never goes back in time, and what it writes follows what it has read.
/// <see cref="ConsistencyLevel.Eventual"/>: a replica answers, however far it is behind, and the session learns nothing.
/// <see cref="ConsistencyLevel.Strong"/> and <see cref="ConsistencyLevel.BoundedStaleness"/>: the primary, which says so itself; one that was cut off and replaced can't know it.</para>
/// <para><b>What is lost is said.</b> The store replicates asynchronously: a failover can lose acknowledged writes. A session that wrote or saw one gets
/// <see cref="SessionHistoryLostException"/> on its next read at Session level of that part of the keys, not an older value.</para>
/// <para>Of <see cref="ReadOptions"/> the members Consistency and Timeout (1 ms to 1 hour, default 1 s) have an effect here; Region must be the store's own or null.</para>
/// </remarks>
public interface IKeyValueStore
{
    /// <summary>The longest value, in bytes.</summary>
    const int MaxValueLength = 8 * 1024 * 1024;

    /// <summary>The most keys of one call.</summary>
    const int MaxKeys = 1_000;

    /// <summary>What the session has written and seen, in other stores too if it is theirs.</summary>
    SessionToken Token { get; }

    /// <summary>Reads a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="options">What the read asks for. Default: Session.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The entry, null if there is none; and who answered: region, primary or replica, and why.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long, or an option is out of range.</exception>
    /// <exception cref="SessionHistoryLostException">Something that the session wrote or saw was lost by a failover.</exception>
    /// <exception cref="DataTierException">The store can't be asked, or not in time.</exception>
    ValueTask<ReadResult<KeyValueEntry?>> GetAsync(string key, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads many keys: one round trip for each part of the keys, all at once. The parts are not of one moment.</summary>
    /// <param name="keys">The keys, at most <see cref="MaxKeys"/>; one that is there twice counts once.</param>
    /// <param name="options">What the read asks for. Default: Session.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The entries that there are, by their keys; <see cref="AnswerSource.Replica"/> as the source if a replica gave any of it.</returns>
    /// <exception cref="ArgumentException">A key is empty or too long, there are too many, or an option is out of range.</exception>
    /// <exception cref="SessionHistoryLostException">Something that the session wrote or saw was lost by a failover.</exception>
    /// <exception cref="DataTierException">The store can't be asked, or not in time.</exception>
    ValueTask<ReadResult<IReadOnlyDictionary<string, KeyValueEntry>>> GetManyAsync(
        IReadOnlyCollection<string> keys, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Writes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, at most <see cref="MaxValueLength"/> bytes. It must not change until the write is done.</param>
    /// <param name="options">Expiry, expected version, durability. Default: none of them.</param>
    /// <param name="cancellationToken">Stops waiting; it may be written nevertheless.</param>
    /// <returns>Whether it was written, and the version.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long, the value is too long, or an option is out of range.</exception>
    /// <exception cref="SessionHistoryLostException">Another version than the expected one is stored, and something that the session wrote or saw was lost by a failover. Not applied.</exception>
    /// <exception cref="DataTierException">The store can't be asked; <see cref="DataTierException.Disposition"/> says whether it may be written. What is ambiguous is no part of the session.</exception>
    Task<KeyValueResult> SetAsync(string key, ReadOnlyMemory<byte> value, KeyValueWriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="options">Expected version and durability; no expiry. Default: none of them.</param>
    /// <param name="cancellationToken">Stops waiting; it may be deleted nevertheless.</param>
    /// <returns>Whether nothing has the key now, and the version of the deletion.</returns>
    /// <exception cref="ArgumentException">The key is empty or too long, or an option is out of range.</exception>
    /// <exception cref="SessionHistoryLostException">As for <see cref="SetAsync"/>.</exception>
    /// <exception cref="DataTierException">As for <see cref="SetAsync"/>.</exception>
    Task<KeyValueResult> DeleteAsync(string key, KeyValueWriteOptions? options = null, CancellationToken cancellationToken = default);
}

/// <summary>A key with its value as it was when it was read.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Version">The version of the write that put it there: above 0.</param>
public sealed record KeyValueEntry(string Key, ReadOnlyMemory<byte> Value, long Version);

/// <summary>What one write of a key asks for. Immutable.</summary>
public sealed record KeyValueWriteOptions
{
    /// <summary>When the key ends by itself, from the write on, by the server's clock: 1 ms to 3,660 days. Default: never; a former expiry ends, too.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>Write only if the stored version is this one; 0: only if nothing has the key. 0 or above. Default: write in any case.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>How many replicas are to have it before the call returns. <see cref="KeyValueResult.Replicas"/> says how many have. Default: none is waited for.</summary>
    public RedisDurability? Durability { get; init; }

    /// <summary>How long to wait for the write itself: 1 ms to 1 hour. Default: 1 s.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>What became of a write.</summary>
/// <param name="Region">The region of the primary that decided; unspecified if the store wasn't told where it is.</param>
/// <param name="IsApplied">Whether it was applied; false only if another version than the expected one is stored.</param>
/// <param name="Version">If applied, the write's version; else the stored one, 0 for none. For the next expected version.</param>
/// <param name="Replicas">How many replicas have confirmed it: 0 if that wasn't asked for, and maybe fewer than asked for.</param>
public readonly record struct KeyValueResult(RegionId Region, bool IsApplied, long Version, int Replicas);
