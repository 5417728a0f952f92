using System.Globalization;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>What came of one round. Times in milliseconds since the fault.</summary>
internal sealed record ChaosRecord
{
    public required int Round { get; init; }

    public required ChaosFault Fault { get; init; }

    /// <summary>Commits that were on their way at the kill.</summary>
    public long InCommit { get; init; }

    public int Calls { get; init; }

    public int Acknowledged { get; init; }

    /// <summary>Of these, by what was reached.</summary>
    public IReadOnlyDictionary<string, int> ByDurability { get; init; } = new Dictionary<string, int>();

    /// <summary>Acknowledged and gone, by what was reached.</summary>
    public IReadOnlyDictionary<string, int> Lost { get; init; } = new Dictionary<string, int>();

    /// <summary>How often a session was told so.</summary>
    public int Told { get; init; }

    /// <summary>Until the coordinator had promoted somebody.</summary>
    public double? Promoted { get; init; }

    /// <summary>Until the first write was acknowledged by the new primary, or, where there is none, the first one after the fault.</summary>
    public double? FirstWrite { get; init; }

    /// <summary>The same for one that standbys had confirmed.</summary>
    public double? FirstSafeWrite { get; init; }

    /// <summary>The slowest read at <see cref="ConsistencyLevel.Eventual"/>, and at <see cref="ConsistencyLevel.Session"/>, that was answered.</summary>
    public double SlowestEventual { get; init; }

    public double SlowestSession { get; init; }

    /// <summary>Calls that failed: which kind, and how.</summary>
    public IReadOnlyDictionary<string, int> Failed { get; init; } = new Dictionary<string, int>();

    /// <summary>The whole round, mending included.</summary>
    public double Took { get; init; }

    /// <summary>Whether the coordinator was broken off between the promotion and attaching standbys, and went on with them only when the lost nodes were back.</summary>
    public bool NeededTheRegion { get; init; }

    /// <summary>How long the machine let a node that had no fault wait with its answer, for longer than an attempt may take.</summary>
    public double Starved { get; init; }

    public IReadOnlyList<string> Violations { get; init; } = [];

    /// <summary>Without the promotion itself.</summary>
    public double? FirstWriteBeyond => Beyond(FirstWrite);

    public double? FirstSafeWriteBeyond => Beyond(FirstSafeWrite);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Round,3} {Fault,-16} in commit {InCommit,2}, {Calls} calls, {Acknowledged} writes acknowledged, lost {Counts(Lost)}, told {Told}; promoted {Promoted:0}, first write {FirstWrite:0}, "
        + $"safe {FirstSafeWrite:0} ms; slowest read eventual {SlowestEventual:0}, session {SlowestSession:0} ms; failed {Counts(Failed)}; round {Took / 1000:0.0} s{(NeededTheRegion ? ", standbys attached only afterwards" : "")}{(Starved > 0 ? $", a node without a fault hung for {Starved:0} ms" : "")}{(Violations.Count == 0 ? "" : $"; {Violations.Count} VIOLATIONS")}");

    private static string Counts(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.OrderByDescending(static count => count.Value).Select(static count => $"{count.Key} {count.Value}"));

    private double? Beyond(double? first) => Promoted is null ? first : first is null ? null : Math.Max(0, first.Value - Promoted.Value);
}
