using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Reports as text.</summary>
internal static class Printout
{
    /// <summary>All that happened, in a form in which two equal runs are equal to the byte.</summary>
    public static string History(WorldReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {report.Script.Seed}, {report.Script.World}, {report.Lasted}");
        for (var i = 0; i < report.History.Operations.Count; i++)
        {
            var call = report.History.Calls[i];
            text.AppendLine(CultureInfo.InvariantCulture, $"{report.History.Operations[i]} [{call.Step.Number} {call.Source} {call.Reason} {call.Age} {call.Reached} {call.Error?.Message}]");
        }

        foreach (var finding in report.Findings)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{finding.Judge}: {finding.Explanation}");
        }

        return text.ToString();
    }

    public static void Findings(TextWriter output, WorldReport report)
    {
        output.WriteLine($"seed {report.Script.Seed}, {report.Script.World}:");
        foreach (var finding in report.Findings)
        {
            output.WriteLine($"  {finding.Judge}: {finding.Explanation}");
        }

        output.WriteLine($"  replay: dotnet run -c Release --project tests/WebsiteBuilder.Data.Simulation -- --seeds 1 --from {report.Script.Seed} --world {report.Script.World}");
    }

    public static void Shrunk(TextWriter output, WorldReport whole, WorldReport least)
    {
        output.WriteLine($"of {whole.Script.Faults.Count} faults and {whole.Script.Steps.Count} steps, these are enough:");
        foreach (var fault in least.Script.Faults)
        {
            output.WriteLine($"  {fault}");
        }

        foreach (var step in least.Script.Steps)
        {
            output.WriteLine($"  {step}");
        }

        foreach (var finding in least.Findings)
        {
            output.WriteLine($"{finding.Judge}: {finding.Explanation}");
            foreach (var line in finding.Around)
            {
                output.WriteLine($"  {line}");
            }
        }
    }
}
