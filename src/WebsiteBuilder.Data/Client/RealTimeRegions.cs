using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Real-time stores of several regions, each with a Redis of its own, and which of them is at home for a key that all regions must agree on: a limit over all
/// regions, a lock, the place where people meet. Immutable and thread-safe. It owns nothing.
/// </summary>
/// <remarks>
/// <para>What concerns one region only is asked of <see cref="Local"/>. What concerns all is asked of the key's home, at the price of the trip there, and not at all
/// while that region can't be reached: of these stores nothing is copied between regions. What every region shall have a copy of are <see cref="GlobalKeys(string, GlobalKeysPolicy?)"/>.</para>
/// <para>The home is the region with the greatest hash of its name and the key (rendezvous hashing, Thaler and Ravishankar 1998). Every process that knows the
/// same regions comes to the same one; a region that is added or taken away moves only the keys that it gets or had. What is stored doesn't move with
/// them.</para>
/// <para>Whether a key may leave a jurisdiction is for the caller to say: give the regions of the jurisdiction as <c>among</c>.</para>
/// </remarks>
public sealed class RealTimeRegions
{
    private readonly Dictionary<RegionId, RealTimeStore> _stores;

    /// <summary>Puts stores together.</summary>
    /// <param name="local">Where we run.</param>
    /// <param name="stores">The store of each region, the local one included.</param>
    /// <exception cref="ArgumentException">
    /// The local region has no store; or two stores share shard numbers (<see cref="KeyValuePolicy.FirstShard"/>): a session that went from one to the other would be told of a loss that is none.
    /// </exception>
    public RealTimeRegions(RegionId local, IReadOnlyDictionary<RegionId, RealTimeStore> stores)
    {
        ArgumentNullException.ThrowIfNull(stores);
        _stores = new Dictionary<RegionId, RealTimeStore>(stores);
        RealTimeStore[] distinct = [.. _stores.Values.Distinct()];
        if (distinct.Where((store, at) => distinct.Take(at).Any(other => store.KeyValuePolicy.Overlaps(other.KeyValuePolicy))).Any())
        {
            throw new ArgumentException(
                "Two regions' stores share shard numbers in session tokens: give each a KeyValuePolicy.FirstShard of its own, further apart than KeyValuePolicy.Partitions.", nameof(stores));
        }

        LocalRegion = local;
        Local = _stores.TryGetValue(local, out var store) ? store : throw new ArgumentException("The local region has no store.", nameof(stores));
    }

    /// <summary>Where we run.</summary>
    public RegionId LocalRegion { get; }

    /// <summary>The local region's store.</summary>
    public RealTimeStore Local { get; }

    /// <summary>A region's store.</summary>
    /// <param name="region">The region.</param>
    /// <exception cref="ArgumentException">It has none.</exception>
    public RealTimeStore At(RegionId region) => _stores.TryGetValue(region, out var store) ? store : throw new ArgumentException("The region has no store.", nameof(region));

    /// <summary>The region that is at home for a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="among">The regions that it may be in, such as those of a jurisdiction. Default: all that have a store.</param>
    /// <exception cref="ArgumentException">The key is null or empty or has half a surrogate pair in it, or none of these regions has a store.</exception>
    public RegionId HomeOf(string key, IReadOnlyCollection<RegionId>? among = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Bounds.RequireWholeText(key, nameof(key));
        (ulong Score, RegionId Region)? best = null;
        foreach (var region in among ?? _stores.Keys)
        {
            var score = Score(region, key);
            if (_stores.ContainsKey(region) && (best is not { } other || score > other.Score))
            {
                best = (score, region);
            }
        }

        return best?.Region ?? throw new ArgumentException("None of the regions has a store.", nameof(among));
    }

    /// <summary>Keys and values that every region has a copy of, and the last writer wins.</summary>
    /// <param name="name">What they are called in every region: 1 to 200 characters.</param>
    /// <param name="policy">How they are kept. Default: <see cref="GlobalKeysPolicy.Default"/>.</param>
    /// <exception cref="ArgumentException">The name or something of the policy is out of range; a region has no store, or the local one isn't among them; or one isn't in the policy's jurisdiction.</exception>
    public GlobalKeys GlobalKeys(string name, GlobalKeysPolicy? policy = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, 200, nameof(name));
        Bounds.RequireWholeText(name, nameof(name));
        policy ??= GlobalKeysPolicy.Default;
        policy.Require();
        RegionId[] regions = [.. policy.Regions?.Distinct() ?? _stores.Keys];
        if (!regions.Contains(LocalRegion))
        {
            throw new ArgumentException("The local region isn't among those that have a copy.", nameof(policy));
        }

        if (policy.Jurisdiction is { } jurisdiction && regions.Any(region => At(region).Jurisdiction != jurisdiction))
        {
            throw new ArgumentException("A region's store isn't in the jurisdiction of these keys.", nameof(policy));
        }

        var shelves = regions.ToDictionary(static region => region, region => new GlobalShelf(At(region).Context, region, name, policy));
        return new GlobalKeys(Local.Context, shelves[LocalRegion], [.. regions.Where(region => region != LocalRegion).Select(region => shelves[region])], policy);
    }

    private static ulong Score(RegionId region, string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{region}\n{key}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
