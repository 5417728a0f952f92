using System.Reflection;

namespace WebsiteBuilder.Data.Rails.PublicApi;

public class PublicApiTests
{
    private const string AcceptVariable = "WBD_ACCEPT_API";

    private static readonly string[] Shipped =
    [
        "WebsiteBuilder.Data.Abstractions", "WebsiteBuilder.Data", "WebsiteBuilder.Data.LocalCluster", "WebsiteBuilder.Data.Testing",
        "WebsiteBuilder.Data.StackExchangeRedis",
    ];

    public static TheoryData<string> Assemblies => new(Shipped);

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void The_public_API_is_the_accepted_one(string assembly)
    {
        var file = SourceTree.PathOf("tests", "WebsiteBuilder.Data.Rails", "PublicApi", assembly + ".txt");
        var actual = ApiListing.Of(Assembly.Load(assembly).GetExportedTypes());
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(file, actual);
            return;
        }

        var diff = LineDiff.Of(File.Exists(file) ? File.ReadAllText(file) : "", actual);
        Assert.True(diff.Length == 0, $"""
            The public API of {assembly} is not the accepted one ('-' accepted, '+' built):

            {diff}
            If this is meant, run `{AcceptVariable}=1 dotnet test -c Release tests/WebsiteBuilder.Data.Rails`, read the change of
            {Path.GetRelativePath(SourceTree.Root, file)}, and commit it with a line in CHANGELOG.md.
            """);
    }

    [Fact]
    public void Every_shipped_assembly_is_listed()
    {
        var projects = Directory.GetFiles(SourceTree.PathOf("src"), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension);

        Assert.All(projects, static project => Assert.True(Shipped.Contains(project, StringComparer.Ordinal), $"Add {project} to {nameof(Shipped)} and reference it from this project."));
    }
}
