using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>All worlds. A seed plays the one that its number falls on.</summary>
internal static class Catalogue
{
    public static readonly IReadOnlyList<World> All =
        [new Lagging(), new Planned(), new Lossy(), new TwoPrimaries(), new Quorum(), new BrokenNetwork(), new FailingStores(), new EarlyRows(), new Quiet(), new Writers(), new YieldingTwins(), new LackingPromotions(), new HiddenPromotions(), new Standstill(), new Crowds()];

    /// <summary>The newest world takes one seed of so many as there are worlds, and leaves all others where they were: what they have found, they go on to find.</summary>
    public static World Of(int seed)
    {
        var newest = (uint)All.Count - 1;
        return (uint)seed % All.Count == newest ? All[^1] : All[(int)((uint)seed % newest)];
    }

    public static World Named(string name) =>
        All.FirstOrDefault(world => world.Name == name) ?? throw new ArgumentException($"There is no world '{name}'. Worlds: {string.Join(", ", All.Select(static world => world.Name))}.", nameof(name));

    public static Script ScriptOf(int seed) => ScriptOf(Of(seed), seed);

    public static Script ScriptOf(World world, int seed) => ScriptWriter.Write(world, world.Shards, seed);
}
