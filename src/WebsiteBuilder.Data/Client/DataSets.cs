using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Sharding;

namespace WebsiteBuilder.Data.Client;

/// <summary>An entity's table as a data set: its defaults, and how its shard is found.</summary>
/// <param name="Policy">The defaults.</param>
/// <param name="HasTerritory">Whether a territory says the shard.</param>
/// <param name="FixedShard">Says the shard otherwise.</param>
internal sealed record RegisteredSet(EntityPolicy Policy, bool HasTerritory, Func<ShardDirectory, int> FixedShard);

/// <summary>Finds out whose data the name of a data set means: a registered table's, a shard's, or a territory's, in this order.</summary>
internal static class DataSets
{
    /// <summary>The index of the shard, and the defaults that go with the name.</summary>
    /// <exception cref="ArgumentException">Nothing is called that, a territory is missing, or it contradicts the name.</exception>
    public static (int Shard, EntityPolicy Policy) Resolve(string dataSet, Territory territory, EntityRegistry entities, DataTier tier)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(dataSet);
        if (entities.SetNamed(dataSet) is { } set)
        {
            return (ShardOf(set, territory, tier.Directory), set.Policy);
        }

        var shard = tier.Directory.ShardNamed(dataSet) ?? ShardOfTerritory(dataSet, tier.Directory);
        if (!territory.IsUnspecified && tier.Directory.ShardOf(territory) != shard)
        {
            throw new ArgumentException("The territory's data isn't in the shard that the data set names.", nameof(territory));
        }

        return (shard, EntityPolicy.Default);
    }

    private static int ShardOf(RegisteredSet set, Territory territory, ShardDirectory directory)
    {
        if (set.HasTerritory)
        {
            return !territory.IsUnspecified
                ? directory.ShardOf(territory)
                : throw new ArgumentException("The data set is spread over territories; say which one is meant.", nameof(territory));
        }

        return territory.IsUnspecified
            ? set.FixedShard(directory)
            : throw new ArgumentException("The data set isn't divided into territories; leave the territory out.", nameof(territory));
    }

    private static int ShardOfTerritory(string name, ShardDirectory directory) =>
        Territory.TryParse(name, null, out var territory) && directory.Holds(territory)
            ? directory.ShardOf(territory)
            : throw new ArgumentException("No registered table, shard or territory is called that.", nameof(name));
}
