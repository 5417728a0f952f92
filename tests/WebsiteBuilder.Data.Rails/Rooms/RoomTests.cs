using System.Reflection;

namespace WebsiteBuilder.Data.Rails.Rooms;

public class RoomTests
{
    private static readonly Type[] Types = Assembly.Load("WebsiteBuilder.Data").GetTypes();
    private static readonly Lazy<List<Use>> Uses = new(static () => AssemblyUses.Of(Types));
    private static readonly RoomPlan Plan = RoomPlan.OfEngine();

    [Fact]
    public void Every_type_is_in_a_room() => RequireNone(RoomRules.Strangers(Types, Plan));

    [Fact]
    public void Rooms_use_only_what_the_design_allows() => RequireNone(RoomRules.Dependencies(Uses.Value, Plan));

    [Fact]
    public void Only_the_PostgreSQL_store_and_the_client_know_the_driver() => RequireNone(RoomRules.Npgsql(Uses.Value, Plan));

    [Fact]
    public void Pure_rooms_know_no_tasks_loggers_clocks_or_dice() => RequireNone(RoomRules.Purity(Uses.Value, Plan));

    [Fact]
    public void Time_chance_and_completions_come_through_the_seams() => RequireNone(RoomRules.Seams(Uses.Value, Plan));

    [Fact]
    public void Every_room_that_may_be_used_exists_and_nothing_goes_in_circles()
    {
        Assert.All(RoomPlan.MayUse.Values.SelectMany(static rooms => rooms), static room => Assert.True(RoomPlan.MayUse.ContainsKey(room), room));
        foreach (var room in RoomPlan.MayUse.Keys)
        {
            HashSet<string> below = new(StringComparer.Ordinal);
            Descend(room, below);
            Assert.DoesNotContain(room, below);
        }
    }

    private static void Descend(string room, HashSet<string> below)
    {
        foreach (var next in RoomPlan.MayUse[room].Where(below.Add))
        {
            Descend(next, below);
        }
    }

    private static void RequireNone(IEnumerable<string> broken)
    {
        var all = broken.Distinct(StringComparer.Ordinal).ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }
}
