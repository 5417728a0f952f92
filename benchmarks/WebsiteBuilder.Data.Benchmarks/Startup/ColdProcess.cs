using System.Diagnostics;
using System.Text.Json;

namespace WebsiteBuilder.Data.Benchmarks.Startup;

/// <summary>This program once more, as a fresh process that does one thing.</summary>
internal static class ColdProcess
{
    public const string Command = "cold-start";

    public static async Task<ColdResult> RunAsync(ColdStart order, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, Words())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            await process.StandardInput.WriteAsync(JsonSerializer.Serialize(order, ColdStartJson.Default.ColdStart).AsMemory(), cancellationToken);
            process.StandardInput.Close();
            var answer = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == ExitCodes.Good
                ? JsonSerializer.Deserialize(answer, ColdStartJson.Default.ColdResult)!
                : throw new InvalidOperationException("A fresh process failed.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>Under the shared host (dotnet program.dll) the program is the first word.</summary>
    private static string[] Words() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [typeof(ColdProcess).Assembly.Location, Command]
        : [Command];
}
