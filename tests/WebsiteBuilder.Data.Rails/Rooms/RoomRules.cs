namespace WebsiteBuilder.Data.Rails.Rooms;

/// <summary>The rules between rooms, each as a list of what breaks it.</summary>
internal static class RoomRules
{
    // The relational data source of the facade hands out the driver's own parameters and readers.
    private static readonly HashSet<string> MayKnowNpgsql = new(["Stores.PostgreSql", RoomPlan.Client], StringComparer.Ordinal);

    public static IEnumerable<string> Strangers(IEnumerable<Type> types, RoomPlan plan) =>
        from type in types
        let room = plan.RoomOf(type)
        where room is not null && !RoomPlan.MayUse.ContainsKey(room)
        select $"{type.FullName} is in no room: {room}";

    public static IEnumerable<string> Dependencies(IEnumerable<Use> uses, RoomPlan plan) =>
        from use in uses
        where use.Target.Assembly == use.From.Assembly
        let @from = plan.RoomOf(use.From)
        let to = plan.RoomOf(use.Target)
        where @from is not null && to is not null && !RoomPlan.Allows(@from, to)
        select $"{use with { Member = null }}: {@from} may not use {to}";

    public static IEnumerable<string> Npgsql(IEnumerable<Use> uses, RoomPlan plan) =>
        from use in uses
        let room = plan.RoomOf(use.From)
        where use.Target.Assembly.GetName().Name!.StartsWith("Npgsql", StringComparison.Ordinal) && room is not null && !MayKnowNpgsql.Contains(room)
        select $"{use}: only {string.Join(" and ", MayKnowNpgsql)} may know the driver";

    public static IEnumerable<string> Purity(IEnumerable<Use> uses, RoomPlan plan) =>
        from use in uses
        let room = plan.RoomOf(use.From)
        where room is not null && RoomPlan.Pure.Contains(room) && IsImpure(use.Target)
        select $"{use}: {room} is pure, time and chance are arguments";

    public static IEnumerable<string> Seams(IEnumerable<Use> uses, RoomPlan plan) =>
        from use in uses
        let room = plan.RoomOf(use.From)
        let seam = room is null ? null : Seam.Broken(use, room)
        where seam is not null
        select $"{use}: {seam.Instead}";

    private static bool IsImpure(Type type) =>
        type.Namespace is "System.Threading.Tasks" or "Microsoft.Extensions.Logging" || type == typeof(TimeProvider) || type == typeof(Random);
}
