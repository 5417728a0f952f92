using System.Diagnostics;

namespace WebsiteBuilder.Data.Mutations;

/// <summary>A copy of the tracked files in which rules are taken out and put back; the work tree itself is never touched.</summary>
internal sealed class Copy : IDisposable
{
    private const string TestProject = "tests/WebsiteBuilder.Data.Conformance";

    private Copy(string root) => Root = root;

    public string Root { get; }

    public static async Task<Copy> MakeAsync(string repository)
    {
        var copy = new Copy(Directory.CreateTempSubdirectory("wbd-mutations-").FullName);
        var (_, files) = await RunAsync("git", repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
        foreach (var file in files.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(file => File.Exists(Path.Combine(repository, file))))
        {
            var target = Path.Combine(copy.Root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(repository, file), target);
        }

        return copy;
    }

    /// <summary>Runs one test with a rule taken out, or with none.</summary>
    /// <returns>Whether the product still built, and whether the test passed.</returns>
    public async Task<(bool Built, bool Passed)> TestAsync(Mutation mutation, bool mutate)
    {
        var file = Path.Combine(Root, mutation.File);
        var original = await File.ReadAllTextAsync(file);
        if (original.Split(mutation.Find).Length != 2)
        {
            throw new InvalidOperationException($"'{mutation.Find}' doesn't stand exactly once in {mutation.File}.");
        }

        try
        {
            await File.WriteAllTextAsync(file, mutate ? original.Replace(mutation.Find, mutation.Replace, StringComparison.Ordinal) : original);
            var (built, _) = await RunAsync("dotnet", Root, "build", "-c", "Release", "-p:TreatWarningsAsErrors=false", "-v", "q", TestProject);
            if (built != 0)
            {
                return (false, false);
            }

            var (tested, _) = await RunAsync(
                "dotnet", Root, "test", "-c", "Release", "--no-build", TestProject, "--filter", $"FullyQualifiedName~{mutation.Test}",
                "--", "RunConfiguration.TreatNoTestsAsError=true");
            return (true, tested == 0);
        }
        finally
        {
            await File.WriteAllTextAsync(file, original);
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string directory, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await errors;
        return (process.ExitCode, await output);
    }
}
