namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>All that happens in one run of a world, apart from what the engine makes of it.</summary>
/// <param name="World">The world's name.</param>
/// <param name="Seed">Decides what the script holds, and what is random in the engine and in the network.</param>
/// <param name="Faults">In the order of their beginning.</param>
/// <param name="Steps">Each worker's in its order.</param>
/// <param name="HealedAt">When all faults are over.</param>
internal sealed record Script(string World, int Seed, IReadOnlyList<Fault> Faults, IReadOnlyList<Step> Steps, TimeSpan HealedAt)
{
    /// <summary>How long after <see cref="HealedAt"/> every operation must succeed again.</summary>
    public static readonly TimeSpan RecoversWithin = TimeSpan.FromSeconds(10);
}
