using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>One embedded, versioned step of the schema.</summary>
internal sealed record Migration(int Version, string Name, string Sql)
{
    private const string Prefix = "Migrations/";

    /// <summary>All steps in order.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load();

    /// <summary>Tells whether a step that was applied earlier is still the same.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql)));

    private static Migration[] Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => Read(assembly, name)),
        ];
    }

    private static Migration Read(Assembly assembly, string resource)
    {
        var name = resource[Prefix.Length..^".sql".Length];
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return new Migration(int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), name, reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}
