using System.Diagnostics;
using System.Reflection;

namespace WebsiteBuilder.Data.Simulation.Mutants;

/// <summary>Programs beside this one.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The configuration that this assembly was built in, and so its neighbours.</summary>
    public static string Configuration { get; } =
        typeof(Tool).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Release";

    /// <summary>The compiler of the newest SDK beside the running runtime.</summary>
    public static string Compiler { get; } = FindCompiler();

    /// <summary>Where the sources are.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="TimeoutException">It took longer than two minutes, and was killed.</exception>
    public static (int ExitCode, string Output) Run(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // What the test host was told about itself isn't meant for other programs.
        start.Environment.Remove("MSBUILD_EXE_PATH");
        start.Environment.Remove("MSBuildSDKsPath");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {arguments[0]} took longer than {Patience}.");
        }

#pragma warning disable VSTHRD002 // The process is over.
        return (process.ExitCode, output.Result + errors.Result);
#pragma warning restore VSTHRD002
    }

    private static string FindCompiler()
    {
        // …/shared/Microsoft.NETCore.App/10.0.x/ → …/sdk/10.0.xxx/Roslyn/bincore/csc.dll
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        return Directory.EnumerateDirectories(Path.Combine(root, "sdk"))
            .Select(static sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll"))
            .Where(File.Exists)
            .OrderDescending(StringComparer.Ordinal)
            .First();
    }

    private static string FindRepository()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "WebsiteBuilder.Data.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("Run it from a checkout.");
    }
}
