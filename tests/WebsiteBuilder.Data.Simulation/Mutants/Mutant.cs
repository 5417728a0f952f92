namespace WebsiteBuilder.Data.Simulation.Mutants;

/// <summary>A rule taken out of the shipped sources.</summary>
/// <param name="Name">What the mutated engine believes.</param>
/// <param name="File">Where the rule stands, below <c>src</c>.</param>
/// <param name="Find">The rule; it must stand there exactly once.</param>
/// <param name="Replace">What stands there instead.</param>
internal sealed record Mutant(string Name, string File, string Find, string Replace)
{
    /// <summary>The only world that is played; null for all in turn. For rules that few worlds need, and those seldom.</summary>
    public string? World { get; init; }

    /// <summary>The name of the project that the file belongs to.</summary>
    public string Project => File[..File.IndexOf('/', StringComparison.Ordinal)];
}
