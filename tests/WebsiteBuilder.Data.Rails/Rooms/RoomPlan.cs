using System.Text.RegularExpressions;

namespace WebsiteBuilder.Data.Rails.Rooms;

/// <summary>Which room a type is in, by its namespace below a root; which rooms a room may use.</summary>
/// <remarks>
/// Public types live in the root namespace, so that users need one using only; they belong to the room of their file's folder.
/// What a room may use is listed in full: being allowed to use a room doesn't allow what that room uses.
/// </remarks>
internal sealed partial class RoomPlan(string root, IReadOnlyDictionary<string, string> roomsOfRootTypes)
{
    /// <summary>The seams (time, randomness, completions). Every room may use it, except the pure ones.</summary>
    public const string Runtime = "Runtime";

    /// <summary>The composition root, which may use everything.</summary>
    public const string Client = "Client";

    private static readonly string[] BelowExecution =
        ["Diagnostics", "Stores", "Topology", "Sharding", "Sessions", "Health", "Routing", "ChangeFeed", "Caching"];

    /// <summary>From the ground up, as in the design.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> MayUse = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        [Runtime] = [],
        ["Diagnostics"] = [],
        ["Stores"] = ["Diagnostics"],
        ["Topology"] = ["Stores", "Diagnostics"],
        ["Sharding"] = ["Topology"],
        // Floors are judged against the stamps and histories that the port defines.
        ["Sessions"] = ["Stores"],
        ["Health"] = ["Stores", "Topology", "Diagnostics"],
        // Decides by what nodes say of themselves through the port; clients follow without it.
        ["Failover"] = ["Stores", "Topology", "Diagnostics"],
        ["Routing"] = ["Topology", "Sharding", "Sessions", "Health"],
        ["ChangeFeed"] = ["Stores", "Diagnostics"],
        ["Caching"] = ["Sessions", "ChangeFeed", "Diagnostics"],
        ["Execution"] = BelowExecution,
        ["Stores.PostgreSql"] = ["Stores", "Diagnostics"],
        ["Stores.MongoDb"] = ["Stores", "Diagnostics"],
        ["Stores.InfluxDb"] = ["Stores", "Diagnostics"],
        // Says who it thinks leads, and holds no data.
        ["Stores.Patroni"] = ["Stores", "Diagnostics"],
        ["Stores.Redis"] = ["Stores", "Diagnostics"],
        // On the port only: which client stands behind it isn't known here. Versions that are written here go into session tokens.
        ["RealTime"] = ["Stores", "Sessions", "Diagnostics"],
        ["Repositories"] = ["Execution", "Stores", "Sessions", "Sharding"],
        ["Connections"] = ["Execution", "Stores", "Sessions", "Health", "Topology"],
        [Client] = [.. BelowExecution, "Execution", "Stores.PostgreSql", "Stores.MongoDb", "Stores.InfluxDb", "Stores.Patroni", "Stores.Redis", "Repositories", "Connections", "Failover", "RealTime"],
    };

    /// <summary>Rooms without tasks, loggers, clocks and dice: what they decide depends on their arguments only.</summary>
    public static readonly IReadOnlySet<string> Pure = new HashSet<string>(["Routing", "Sharding", "Sessions"], StringComparer.Ordinal);

    /// <summary>The rooms of the shipped engine.</summary>
    public static RoomPlan OfEngine() =>
        new("WebsiteBuilder.Data", RootTypes(SourceTree.PathOf("src", "WebsiteBuilder.Data"), "WebsiteBuilder.Data"));

    /// <summary>The room of a type; null for generated and foreign code; a name that <see cref="MayUse"/> lacks for a type that is in no room.</summary>
    public string? RoomOf(Type type)
    {
        type = AssemblyUses.Outermost(type);
        if (type.Namespace == root)
        {
            return roomsOfRootTypes.GetValueOrDefault(type.Name.Split('`')[0], "(root namespace, but in no room's folder)");
        }

        if (type.Namespace?.StartsWith(root + ".", StringComparison.Ordinal) != true)
        {
            return null;
        }

        var path = type.Namespace[(root.Length + 1)..];
        return Longest(path) ?? path;
    }

    public static bool Allows(string from, string to) =>
        from == to
        || (MayUse.TryGetValue(from, out var rooms) && rooms.Contains(to, StringComparer.Ordinal))
        || (to == Runtime && !Pure.Contains(from));

    private static Dictionary<string, string> RootTypes(string folder, string root)
    {
        Dictionary<string, string> rooms = new(StringComparer.Ordinal);
        foreach (var file in Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(folder, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
            var text = File.ReadAllText(file);
            if (Longest(path) is { } room && text.Contains($"namespace {root};", StringComparison.Ordinal))
            {
                foreach (Match declaration in Declarations().Matches(text))
                {
                    rooms[declaration.Groups["name"].Value] = room;
                }
            }
        }

        return rooms;
    }

    private static string? Longest(string path) => MayUse.Keys
        .Where(room => path == room || path.StartsWith(room + ".", StringComparison.Ordinal))
        .MaxBy(static room => room.Length);

    [GeneratedRegex(@"^[a-z ]*\b(class|struct|record|interface|enum|delegate [\w<>\[\]?., ]+?) (class |struct )?(?<name>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Declarations();
}
