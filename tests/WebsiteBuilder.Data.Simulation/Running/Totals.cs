using System.Globalization;
using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>The sums of many runs.</summary>
internal sealed class Totals
{
    private readonly SortedDictionary<FaultKind, int> _faults = [];
    private readonly SortedDictionary<string, (int Worlds, long Operations, long Succeeded, long SessionReads, long FromReplicas, long Hedged, PointReads PointReads)> _byWorld = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _byJudge = new(StringComparer.Ordinal);
    private TimeSpan _virtual;

    public int Worlds { get; private set; }

    public int Violated { get; private set; }

    public long Operations { get; private set; }

    /// <summary>How many nodes were promoted in all worlds together.</summary>
    public int Promotions { get; private set; }

    public double Succeeded => Share(_byWorld.Values.Sum(static world => world.Succeeded), Operations);

    public double FromReplicas => Share(_byWorld.Values.Sum(static world => world.FromReplicas), _byWorld.Values.Sum(static world => world.SessionReads));

    public IEnumerable<string> PlayedWorlds => _byWorld.Keys;

    public IEnumerable<FaultKind> FaultKinds => _faults.Keys;

    /// <summary>The share of a world's point reads that shared their round trips.</summary>
    public double CoalescedIn(string world) => _byWorld[world].PointReads.Coalesced;

    /// <summary>The share of a world's operations that a second node answered sooner than the first.</summary>
    public double HedgedIn(string world) => Share(_byWorld[world].Hedged, _byWorld[world].Operations);

    public void Add(WorldReport report)
    {
        Worlds++;
        Violated += report.Findings.Count > 0 ? 1 : 0;
        Operations += report.Operations;
        Promotions += report.Promotions;
        _virtual += report.Lasted;
        var sum = _byWorld.GetValueOrDefault(report.Script.World);
        _byWorld[report.Script.World] = (
            sum.Worlds + 1,
            sum.Operations + report.Operations,
            sum.Succeeded + report.Succeeded,
            sum.SessionReads + report.SessionReads,
            sum.FromReplicas + report.FromReplicas,
            sum.Hedged + report.Hedged,
            sum.PointReads.And(report.PointReads));
        foreach (var (kind, count) in report.Faults)
        {
            _faults[kind] = _faults.GetValueOrDefault(kind) + count;
        }

        foreach (var finding in report.Findings)
        {
            _byJudge[finding.Judge] = _byJudge.GetValueOrDefault(finding.Judge) + 1;
        }
    }

    public void Print(TextWriter output, TimeSpan took)
    {
        foreach (var (world, sum) in _byWorld)
        {
            Line(output, $"{world,-16} {sum.Worlds,5} worlds {sum.Operations,9} operations {Share(sum.Succeeded, sum.Operations),7:P1} succeeded {Share(sum.FromReplicas, sum.SessionReads),7:P1} of session reads from replicas {sum.PointReads.Coalesced,7:P1} of point reads together {Share(sum.Hedged, sum.Operations),7:P1} answered by a second node");
        }

        Line(output, $"{"faults",-16} {string.Join(", ", _faults.Select(static fault => $"{fault.Key} {fault.Value}"))}");
        Line(output, $"{"judges",-16} {(_byJudge.Count == 0 ? "no objections" : string.Join(", ", _byJudge.Select(static judge => $"{judge.Key} {judge.Value}")))}");
        Line(output, $"{"speed",-16} {Worlds} worlds, {Operations} operations, {Promotions} promotions, {_virtual.TotalSeconds:0} virtual seconds in {took.TotalSeconds:0.0} s: {WorldsPerMinute(took):0} worlds a minute, {VirtualPerSecond(took):0} virtual seconds per second");
    }

    public double WorldsPerMinute(TimeSpan took) => Worlds / took.TotalMinutes;

    public double VirtualPerSecond(TimeSpan took) => _virtual / took;

    private static void Line(TextWriter output, FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
