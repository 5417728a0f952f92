using System.Text.Json;

namespace WebsiteBuilder.Data.Simulation.Mutants;

/// <summary>How the build compiles a project of the product: the same options, references and generators, with one source changed.</summary>
internal sealed class CompilerCall
{
    private static readonly string[] Unwanted = ["/doc:", "/out:", "/refout:", "/embed", "/warnaserror", "/noconfig", "/additionalfile:"];
    private readonly string _project;
    private readonly string _name;
    private readonly IReadOnlyList<string> _arguments;

    private CompilerCall(string project, IReadOnlyList<string> arguments)
    {
        _project = project;
        _name = Path.GetFileName(project);
        _arguments = arguments;
    }

    /// <summary>Asks the build, which must have run before.</summary>
    public static CompilerCall Of(string repository, string name)
    {
        var project = Path.Combine(repository, "src", name);
        var (exitCode, output) = Tool.Run(
            "dotnet",
            project,
            "msbuild", $"{name}.csproj", "-t:ResolveReferences;CoreCompile", $"-p:Configuration={Tool.Configuration}", "-p:SkipCompilerExecution=true",
            "-p:ProvideCommandLineArgs=true", "-p:BuildProjectReferences=false", "-p:NonExistentFile=always", "-getItem:CscCommandLineArgs");
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"The build doesn't say how it compiles {name}: {output}");
        }

        using var answer = JsonDocument.Parse(output);
        var items = answer.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray();
        return new CompilerCall(project, [.. items.Select(static item => item.GetProperty("Identity").GetString()!).Where(IsWanted)]);
    }

    /// <summary>Compiles the project with one source changed.</summary>
    /// <param name="mutant">The change.</param>
    /// <param name="folder">Where the assembly goes.</param>
    /// <exception cref="InvalidOperationException">The rule isn't where it should be, or what is left doesn't compile.</exception>
    public void Compile(Mutant mutant, string folder)
    {
        var source = Path.GetFullPath(Path.Combine(_project, "..", mutant.File));
        var text = File.ReadAllText(source);
        if (text.Split(mutant.Find).Length != 2)
        {
            throw new InvalidOperationException($"'{mutant.Find}' doesn't stand exactly once in {mutant.File}.");
        }

        var changed = Path.Combine(folder, "Mutated.cs");
        File.WriteAllText(changed, text.Replace(mutant.Find, mutant.Replace, StringComparison.Ordinal));
        var response = Path.Combine(folder, "compile.rsp");
        File.WriteAllLines(
            response,
            [
                .. _arguments.Select(argument => Path.GetFullPath(argument, _project) == source ? changed : argument).Select(Quoted),
                $"/out:\"{Path.Combine(folder, _name)}.dll\"",
                "/warn:0",
            ]);

        // The compiler server keeps references in memory from one mutant to the next.
        var (exitCode, output) = Tool.Run("dotnet", _project, Tool.Compiler, "/noconfig", "/shared", $"@{response}");
        if (exitCode != 0)
        {
            throw new InvalidOperationException($"'{mutant.Name}' doesn't compile: {output}");
        }
    }

    /// <summary>Generators make sources; all other analyzers only judge them.</summary>
    private static bool IsWanted(string argument) =>
        !Unwanted.Any(unwanted => argument.StartsWith(unwanted, StringComparison.Ordinal))
        && (!argument.StartsWith("/analyzer:", StringComparison.Ordinal) || argument.Contains("Generat", StringComparison.Ordinal));

    private static string Quoted(string argument) => argument.StartsWith('/') && !File.Exists(argument) ? argument : $"\"{argument}\"";
}
