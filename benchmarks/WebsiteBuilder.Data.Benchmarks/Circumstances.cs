using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Benchmarks;

/// <summary>When, on what and of which commit a run was made: a line for documents and pictures.</summary>
internal static class Circumstances
{
    public static string Describe()
    {
        var version = typeof(Circumstances).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var commit = version.Split('+') is [_, { Length: >= 7 } hash] ? hash[..7] : "unknown";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, commit {commit}.");
    }
}
