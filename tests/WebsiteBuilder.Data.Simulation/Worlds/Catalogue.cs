using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>All worlds. A seed plays the one that its number falls on.</summary>
internal static class Catalogue
{
    public static readonly IReadOnlyList<World> All =
        [new Lagging(), new Planned(), new Lossy(), new TwoPrimaries(), new Quorum(), new BrokenNetwork(), new FailingStores(), new EarlyRows(), new Quiet(), new Writers(), new YieldingTwins(), new LackingPromotions(), new HiddenPromotions(), new Standstill(), new Crowds(), new Confirmations(), new Coordinated(), new Ailing(), new Sparse(), new Stalls(), new HiddenCommits()];

    /// <summary>How many worlds there were when seeds began to be kept where they were.</summary>
    private const int Settled = 14;

    /// <summary>Each newer world takes one seed of so many as there are worlds up to it, and leaves all others where they were: what they have found, they go on to find.</summary>
    public static World Of(int seed)
    {
        for (var newer = All.Count - 1; newer >= Settled; newer--)
        {
            if ((uint)seed % (uint)(newer + 1) == newer)
            {
                return All[newer];
            }
        }

        return All[(int)((uint)seed % Settled)];
    }

    public static World Named(string name) =>
        All.FirstOrDefault(world => world.Name == name) ?? throw new ArgumentException($"There is no world '{name}'. Worlds: {string.Join(", ", All.Select(static world => world.Name))}.", nameof(name));

    public static Script ScriptOf(int seed) => ScriptOf(Of(seed), seed);

    public static Script ScriptOf(World world, int seed) => ScriptWriter.Write(world, world.Shards, seed);
}
