namespace WebsiteBuilder.Data.Simulation.Mutants;

/// <summary>Plays worlds on a mutated engine: a copy of this program with one assembly replaced, in a process of its own.</summary>
internal static class MutantRun
{
    /// <summary>Plays seeds until a judge objects.</summary>
    /// <returns>What it printed, and whether a judge objected.</returns>
    public static (bool Caught, string Output) Play(CompilerCall compiler, Mutant mutant, int seeds)
    {
        var folder = Directory.CreateTempSubdirectory("wbd-mutant-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            compiler.Compile(mutant, folder);
            string[] world = mutant.World is { } only ? ["--world", only] : [];
            var (exitCode, output) = Tool.Run("dotnet", folder, ["WebsiteBuilder.Data.Simulation.dll", "--seeds", $"{seeds}", "--first", .. world]);
            return (exitCode == 1, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
