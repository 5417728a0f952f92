namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Which nodes a commit waits for, as <c>synchronous_standby_names</c> has it: how many, and of whom.</summary>
internal sealed class SynchronousStandbys(int? required, IReadOnlyList<string> names)
{
    public static readonly SynchronousStandbys None = new(null, []);

    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>How many of them must have a commit; null for all.</summary>
    public int? Required { get; } = required;

    public bool Includes(SimulatedNode node) => Names.Contains(node.Name);

    /// <summary>Whether anybody counts for a primary. It doesn't itself.</summary>
    public bool AnyFor(SimulatedNode primary) => Names.Count > 1 || (Names.Count == 1 && Names[0] != primary.Name);

    /// <summary>How many must have a commit of this primary.</summary>
    public int RequiredFor(SimulatedNode primary) => Required ?? (Includes(primary) ? Names.Count - 1 : Names.Count);

    /// <summary>Whether the standbys that a commit must wait for have told this primary that they have a position.</summary>
    public bool Have(IReadOnlyList<SimulatedNode> nodes, SimulatedNode primary, ulong position, bool applied)
    {
        var have = 0;
        foreach (var node in nodes)
        {
            if (Reported(node, primary, applied) >= position)
            {
                have++;
            }
        }

        return have >= RequiredFor(primary);
    }

    /// <summary>What the required standbys have reported to this primary: the k-th highest; 0 if fewer report anything.</summary>
    public ulong ReportedByRequired(IReadOnlyList<SimulatedNode> nodes, SimulatedNode primary, bool applied)
    {
        Span<ulong> reported = stackalloc ulong[nodes.Count];
        var count = 0;
        foreach (var node in nodes)
        {
            if (Reported(node, primary, applied) is var position and > 0)
            {
                reported[count++] = position;
            }
        }

        var needed = RequiredFor(primary);
        if (needed < 1 || count < needed)
        {
            return 0;
        }

        reported = reported[..count];
        reported.Sort();
        return reported[count - needed];
    }

    /// <summary>A standby that is gone doesn't count, whatever it had said.</summary>
    private ulong Reported(SimulatedNode node, SimulatedNode primary, bool applied) =>
        node.Source != primary || !node.IsUp || !Includes(node) ? 0
        : applied ? node.Acknowledged.Replayed
        : node.Acknowledged.Received;
}
