using System.Security.Cryptography;
using WebsiteBuilder.Data.Simulation;
using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Shrinking;
using WebsiteBuilder.Data.Simulation.Worlds;

CommandLine asked;
try
{
    asked = CommandLine.Parse(args);
}
catch (ArgumentException problem)
{
    Console.Error.WriteLine(problem.Message);
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

var totals = new Totals();
var first = asked.For is null ? asked.From : RandomNumberGenerator.GetInt32(1, 1_000_000_000);
if (asked.For is not null)
{
    Console.WriteLine($"from seed {first}");
}

var until = TimeProvider.System.GetTimestamp() + (long)((asked.For ?? TimeSpan.Zero).TotalSeconds * TimeProvider.System.TimestampFrequency);
var seeds = asked.For is null
    ? Enumerable.Range(first, asked.Seeds)
    : Enumerable.Range(first, int.MaxValue - first).TakeWhile(_ => TimeProvider.System.GetTimestamp() < until);
WorldReport? worst = null;
var differ = 0;
var took = Series.Play(seeds, seed => asked.World ?? Catalogue.Of(seed), report =>
{
    totals.Add(report);
    if (asked.History)
    {
        Console.WriteLine(Printout.History(report));
    }

    if (asked.Twice && Printout.History(WorldRun.Play(Catalogue.Named(report.Script.World), report.Script)) != Printout.History(report))
    {
        differ++;
        Console.WriteLine($"seed {report.Script.Seed} ({report.Script.World}) gives another history when it is played again");
    }

    if (report.Findings.Count > 0)
    {
        Printout.Findings(Console.Out, report);
        worst ??= report;
    }

    return worst is null || !asked.First;
});

if (worst is not null && !asked.First)
{
    Console.WriteLine($"shrinking seed {worst.Script.Seed} …");
    Printout.Shrunk(Console.Out, worst, Shrinker.Shrink(Catalogue.Named(worst.Script.World), worst));
}

totals.Print(Console.Out, took);
var figures = Figure.Of(totals, took);
foreach (var missed in figures.Where(static figure => !figure.Pass))
{
    Console.WriteLine($"{missed.Name} misses its target: {missed.Value:0.##} {missed.Unit}, wanted {missed.Target:0.##}");
}

if (asked.Json is not null)
{
    Figure.Write(asked.Json, figures);
}

return differ == 0 && (figures.All(static figure => figure.Pass) || (asked.First && totals.Violated == 0)) ? 0 : 1;
