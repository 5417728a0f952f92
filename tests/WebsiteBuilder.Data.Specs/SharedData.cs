namespace WebsiteBuilder.Data.Specs;

/// <summary>
/// Published test vectors. They live beside the repository, or where the environment variable WBD_TEST_DATA points, and may be absent: they
/// are other people's files.
/// </summary>
internal static class SharedData
{
    public static readonly string? Folder = Find();

    public static string? WhyAbsent(string file) =>
        Folder is null ? "No test data: set WBD_TEST_DATA, or put the folder shared/data beside the repository."
        : File.Exists(Path.Combine(Folder, file)) ? null
        : $"The test data holds no {file}.";

    public static string Read(string file) => File.ReadAllText(Path.Combine(Folder!, file));

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("WBD_TEST_DATA") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "WebsiteBuilder.Data.sln")))
            {
                var beside = Path.GetFullPath(Path.Combine(folder.FullName, "../shared/data"));
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}

/// <summary>A fact about a published file; skipped, with the reason, where the file is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(string file)
    {
        DataFile = file;
        Skip = SharedData.WhyAbsent(file);
    }

    public string DataFile { get; }
}

/// <summary>A theory over a published file; skipped, with the reason, where the file is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute(string file)
    {
        DataFile = file;
        Skip = SharedData.WhyAbsent(file);
    }

    public string DataFile { get; }
}
