using System.Diagnostics;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>A process of its own that owns a local cluster.</summary>
internal sealed class OwnerProgram : IDisposable
{
    private readonly Process _process;

    private OwnerProgram(Process process, string directory, int supervisor)
    {
        _process = process;
        ClusterDirectory = directory;
        SupervisorProcessId = supervisor;
    }

    public string ClusterDirectory { get; }

    public int SupervisorProcessId { get; }

    public static async Task<OwnerProgram> StartAsync(string cluster)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "WebsiteBuilder.Data.ClusterOwner.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [program, cluster]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The owner has ended.");
        var fields = line.Split('\t');
        return new OwnerProgram(process, fields[0], int.Parse(fields[1]));
    }

    /// <summary>kill -9 of the owner alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose() => _process.Dispose();
}
