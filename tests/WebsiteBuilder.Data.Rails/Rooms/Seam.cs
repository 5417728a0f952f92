using System.Reflection;

namespace WebsiteBuilder.Data.Rails.Rooms;

/// <summary>
/// Something of the platform that escapes a simulator: it runs continuations on the thread pool, reads the system's clock or throws its
/// own dice. The engine gets these from <c>Runtime</c>, which a simulator replaces.
/// </summary>
/// <param name="Type">The full name of the type.</param>
/// <param name="Member">The member, or null for all of them.</param>
/// <param name="Instead">What to use.</param>
/// <param name="When">Narrows the rule to some overloads.</param>
/// <param name="ToCompose">Whether the composition root may use it, to choose the system's own as a default.</param>
internal sealed record Seam(string Type, string? Member, string Instead, Func<MethodBase, bool>? When = null, bool ToCompose = false)
{
    private const string Completion = "take completions from the runtime";
    private const string Background = "start background work through the runtime";
    private const string Clock = "take the time from the runtime";
    private const string Chance = "take randomness from the runtime";
    private const string Gate = "continues on the thread pool; build on the runtime's completions";

    // Server connections complete on the thread pool anyway, and the simulator has stores of its own.
    private static readonly HashSet<string> Exempt = new([RoomPlan.Runtime, "Stores.PostgreSql", "Stores.Redis"], StringComparer.Ordinal);

    private static readonly Seam[] All =
    [
        new("System.Threading.Tasks.TaskCompletionSource", ".ctor", Completion),
        new("System.Threading.Tasks.TaskCompletionSource`1", ".ctor", Completion),
        new("System.Threading.SemaphoreSlim", null, Gate),
        new("System.Threading.Channels.Channel", null, Gate),
        new("System.Threading.Channels.Channel`1", null, Gate),
        new("System.Threading.Channels.Channel`2", null, Gate),
        new("System.Threading.Tasks.Task", "Run", Background),
        new("System.Threading.Tasks.Task", "Yield", Background),
        new("System.Threading.Tasks.Task", "get_Factory", Background),
        new("System.Threading.Tasks.Task`1", "get_Factory", Background),
        new("System.Threading.Tasks.TaskFactory", null, Background),
        new("System.Threading.Tasks.TaskFactory`1", null, Background),
        new("System.Threading.Tasks.Parallel", null, Background),
        new("System.Threading.ThreadPool", null, Background),
        new("System.Threading.Thread", ".ctor", Background),
        new("System.Threading.Thread", "Sleep", Clock),
        new("System.Threading.Timer", null, Clock),
        new("System.Timers.Timer", null, Clock),
        new("System.Threading.PeriodicTimer", ".ctor", Clock, IsOnSystemClock),
        new("System.Threading.Tasks.Task", "Delay", Clock),
        new("System.Threading.Tasks.Task", "WaitAsync", Clock, IsOnSystemClock),
        new("System.Threading.Tasks.Task`1", "WaitAsync", Clock, IsOnSystemClock),
        new("System.Threading.CancellationTokenSource", ".ctor", Clock, IsOnSystemClock),
        new("System.Threading.CancellationTokenSource", "CancelAfter", Clock),
        new("System.Threading.CancellationTokenSource", "CancelAsync", "cancel through the runtime"),
        new("System.Diagnostics.Stopwatch", null, Clock),
        new("System.Environment", "get_TickCount", Clock),
        new("System.Environment", "get_TickCount64", Clock),
        new("System.DateTime", "get_UtcNow", Clock),
        new("System.DateTime", "get_Now", Clock),
        new("System.DateTime", "get_Today", Clock),
        new("System.DateTimeOffset", "get_UtcNow", Clock),
        new("System.DateTimeOffset", "get_Now", Clock),
        new("System.TimeProvider", "get_System", Clock, ToCompose: true),
        new("System.Guid", "NewGuid", Chance),
        new("System.Guid", "CreateVersion7", Chance),
        new("System.Random", ".ctor", Chance, ToCompose: true),
        new("System.Random", "get_Shared", Chance, ToCompose: true),
        new("System.Security.Cryptography.RandomNumberGenerator", null, Chance, ToCompose: true),
    ];

    private static readonly ILookup<string, Seam> ByType = All.ToLookup(static seam => seam.Type, StringComparer.Ordinal);

    /// <summary>The seam that a use breaks in a room, or null.</summary>
    public static Seam? Broken(Use use, string room) =>
        Exempt.Contains(room)
            ? null
            : ByType[use.Target.FullName ?? ""].FirstOrDefault(seam => seam.Forbids(use.Member) && !(seam.ToCompose && room == RoomPlan.Client));

    private bool Forbids(MemberInfo? member) =>
        Member is null || (member?.Name == Member && (When is null || (member is MethodBase method && When(method))));

    private static bool IsOnSystemClock(MethodBase method)
    {
        var parameters = method.GetParameters();
        return parameters.Any(static parameter => parameter.ParameterType == typeof(TimeSpan) || parameter.ParameterType == typeof(int))
            && parameters.All(static parameter => parameter.ParameterType != typeof(TimeProvider));
    }
}
