namespace WebsiteBuilder.Data.Shared;

/// <summary>
/// Published vectors and recordings that don't come with the sources: the folder named by <c>WBD_TEST_DATA</c>, else <c>../shared/data</c>
/// beside the repository.
/// </summary>
internal static class SharedData
{
    /// <summary>The variable that names the folder.</summary>
    public const string Variable = "WBD_TEST_DATA";

    private const string Root = "WebsiteBuilder.Data.sln";

    /// <summary>The path of a file, such as <c>histories/session-guarantees.json</c>; null where it is absent.</summary>
    public static string? Find(string file) =>
        Folders().Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    /// <summary>The content of a file.</summary>
    public static string Read(string file) =>
        File.ReadAllText(Find(file) ?? throw new FileNotFoundException($"The shared data has no '{file}'; let {Variable} name its folder."));

    private static IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            yield return named;
            yield break;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Root)) && folder.Parent is { } beside)
            {
                yield return Path.Combine(beside.FullName, "shared", "data");
            }
        }
    }
}

/// <summary>A test that needs a file of the shared data, and is skipped with that reason where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string file)
    {
        File = file;
        if (SharedData.Find(file) is null)
        {
            Skip = $"The shared data has no '{file}'; let {SharedData.Variable} name its folder.";
        }
    }

    /// <summary>The file that the test needs.</summary>
    public string File { get; }
}
