using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>One finding of a judge in one run.</summary>
/// <param name="Judge">The judge's name.</param>
/// <param name="Explanation">What is wrong.</param>
/// <param name="Around">The operations that matter, one per line.</param>
internal sealed record Finding(string Judge, string Explanation, IReadOnlyList<string> Around);

/// <summary>Keys that were asked for alone, and with others in one round trip.</summary>
internal readonly record struct PointReads(long Alone, long Together)
{
    public double Coalesced => Alone + Together == 0 ? 0 : (double)Together / (Alone + Together);

    public PointReads And(PointReads other) => new(Alone + other.Alone, Together + other.Together);

    public static PointReads Of(Stage stage)
    {
        var nodes = stage.Cluster.Shards.SelectMany(static shard => shard.Nodes);
        return new PointReads(nodes.Sum(static node => node.ReadAlone), nodes.Sum(static node => node.ReadTogether));
    }
}

/// <summary>What came of one run.</summary>
/// <param name="Script">What was played.</param>
/// <param name="History">What happened.</param>
/// <param name="Findings">What is wrong with it.</param>
/// <param name="Faults">How often each kind of fault happened.</param>
/// <param name="PointReads">How many keys were asked for alone, and with others in one round trip.</param>
/// <param name="Promotions">How many nodes were promoted.</param>
/// <param name="Lasted">Virtual time.</param>
/// <param name="Took">Wall time.</param>
internal sealed record WorldReport(
    Script Script,
    Transcript History,
    IReadOnlyList<Finding> Findings,
    IReadOnlyDictionary<FaultKind, int> Faults,
    PointReads PointReads,
    int Promotions,
    TimeSpan Lasted,
    TimeSpan Took)
{
    public int Operations => Calls.Count();

    public int Succeeded => Calls.Count(static call => call.Answered || call.WasCancelled);

    public int SessionReads => Calls.Count(IsSessionRead);

    public int FromReplicas => Calls.Count(static call => IsSessionRead(call) && call.Source == AnswerSource.Replica);

    /// <summary>Reads that a second node answered sooner.</summary>
    public int Hedged => Calls.Count(static call => call.Reason.HasFlag(RouteReason.Hedged));

    private IEnumerable<Call> Calls => History.Calls.Where(static call => call.Kind is OperationKind.Read or OperationKind.Write);

    private static bool IsSessionRead(Call call) =>
        call is { Kind: OperationKind.Read, Succeeded: true, Endpoint: not null, Step.Level: ConsistencyLevel.Session };
}
