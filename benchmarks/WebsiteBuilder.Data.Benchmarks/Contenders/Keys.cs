using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Contenders;

/// <summary>One worker's keys: drawn from all rows, the same for the same worker of any contender.</summary>
internal sealed class Keys(int worker)
{
    private readonly Random _random = new(Seeds.Of(worker));

    public long Next() => _random.NextInt64(Item.Rows);

    /// <summary>So many keys, no two alike.</summary>
    public long[] Next(int count)
    {
        var keys = new HashSet<long>(count);
        while (keys.Count < count)
        {
            keys.Add(Next());
        }

        return [.. keys];
    }
}
