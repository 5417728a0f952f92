using System.Reflection;

namespace WebsiteBuilder.Data.Rails;

/// <summary>Where the sources are that this assembly was built from.</summary>
internal static class SourceTree
{
    public static readonly string Root = typeof(SourceTree).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static attribute => string.Equals(attribute.Key, "SourceRoot", StringComparison.Ordinal))
        .Value!;

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);
}
