using System.Globalization;

namespace WebsiteBuilder.Data;

/// <summary>A kind of store. The values are part of the session token's wire format.</summary>
public enum StoreKind
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>PostgreSQL: relational data.</summary>
    PostgreSql = 1,

    /// <summary>MongoDB: documents.</summary>
    MongoDb = 2,

    /// <summary>InfluxDB: time series.</summary>
    InfluxDb = 3,

    /// <summary>Redis: cache and real time.</summary>
    Redis = 4,
}

/// <summary>One shard of one store: one replicated log with one primary at a time.</summary>
/// <remarks>
/// The number is chosen in the configuration, travels in session tokens and must never be given to another data set.
/// </remarks>
public readonly record struct ShardId : IComparable<ShardId>
{
    /// <summary>The largest shard number.</summary>
    public const int MaxNumber = 16_383;

    /// <summary>Names a shard.</summary>
    /// <param name="store">The kind of store.</param>
    /// <param name="number">The shard's number, 0 to 16,383.</param>
    /// <exception cref="ArgumentOutOfRangeException">The kind or the number is out of range.</exception>
    public ShardId(StoreKind store, int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan((int)store, (int)StoreKind.PostgreSql, nameof(store));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)store, (int)StoreKind.Redis, nameof(store));
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        Store = store;
        Number = number;
    }

    /// <summary>The kind of store.</summary>
    public StoreKind Store { get; }

    /// <summary>The shard's number within the store.</summary>
    public int Number { get; }

    /// <inheritdoc/>
    public int CompareTo(ShardId other) =>
        Store != other.Store ? Store.CompareTo(other.Store) : Number.CompareTo(other.Number);

    /// <summary>Compares by store, then number.</summary>
    public static bool operator <(ShardId left, ShardId right) => left.CompareTo(right) < 0;

    /// <summary>Compares by store, then number.</summary>
    public static bool operator <=(ShardId left, ShardId right) => left.CompareTo(right) <= 0;

    /// <summary>Compares by store, then number.</summary>
    public static bool operator >(ShardId left, ShardId right) => left.CompareTo(right) > 0;

    /// <summary>Compares by store, then number.</summary>
    public static bool operator >=(ShardId left, ShardId right) => left.CompareTo(right) >= 0;

    /// <summary>For example <c>PostgreSql/3</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Store}/{Number}");
}
