using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>The command line.</summary>
/// <param name="JsonFile">Where to write the figures; null for nowhere.</param>
internal sealed record Arguments(string? JsonFile)
{
    public const string Usage = "Usage: dotnet run -c Release --project samples/Quickstart [-- --json FILE]";

    public static bool TryParse(string[] args, [NotNullWhen(true)] out Arguments? arguments, [NotNullWhen(false)] out string? problem)
    {
        arguments = null;
        problem = null;
        switch (args)
        {
            case []:
                arguments = new Arguments(JsonFile: null);
                return true;
            case ["--json", var file] when file.Length > 0 && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))):
                arguments = new Arguments(file);
                return true;
            case ["--json", { Length: > 0 } file]:
                problem = $"The directory of '{file}' doesn't exist.";
                return false;
            case ["--json", ..]:
                problem = "--json takes one file name, and nothing follows it.";
                return false;
            default:
                problem = $"Unknown argument '{args[0]}'.";
                return false;
        }
    }
}
