namespace WebsiteBuilder.Data.Rails.Rooms;

/// <summary>The rails must be able to fail: each rule is shown planted code that breaks it, and code that keeps it.</summary>
public class ScannerTests
{
    private const string Root = "WebsiteBuilder.Data.Rails.Rooms.Planted";

    private static readonly Type[] Types =
        [.. typeof(ScannerTests).Assembly.GetTypes().Where(static type => type.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true)];

    private static readonly List<Use> Uses = AssemblyUses.Of(Types);

    private static readonly RoomPlan Plan = new(Root, new Dictionary<string, string>(StringComparer.Ordinal) { ["CacheSettings"] = "Caching" });

    [Fact]
    public void A_type_in_no_room_is_found() =>
        Assert.Equal(
            $"{Root}.Attic.Box is in no room: Attic\n{Root}.Lost is in no room: (root namespace, but in no room's folder)",
            string.Join('\n', RoomRules.Strangers(Types, Plan).Order(StringComparer.Ordinal)));

    [Theory]
    [InlineData("_asField", "Routing.RoutePlanner._asField uses Execution.AttemptLoop: Routing may not use Execution")]
    [InlineData("AsParameter", "Routing.RoutePlanner.AsParameter uses Execution.AttemptLoop: Routing may not use Execution")]
    [InlineData("AsArgument", "Routing.RoutePlanner.AsArgument uses Execution.AttemptLoop: Routing may not use Execution")]
    [InlineData("InBody", "Routing.RoutePlanner.InBody uses Execution.AttemptLoop: Routing may not use Execution")]
    [InlineData("AsConstraint", "Routing.RoutePlanner.AsConstraint uses Execution.AttemptLoop: Routing may not use Execution")]
    [InlineData("InLambda", "uses Execution.AttemptLoop: Routing may not use Execution")]
    [InlineData("Mongo", "Stores.PostgreSql.Mongo.(declaration) uses Stores.MongoDb.Driver: Stores.PostgreSql may not use Stores.MongoDb")]
    [InlineData("CacheSettings", "Sessions.Advance.(declaration) uses CacheSettings: Sessions may not use Caching")]
    [InlineData("Seams", "Routing.RoutePlanner.Seams uses Runtime.Clock: Routing may not use Runtime")]
    public void A_use_of_a_room_above_is_found(string planted, string message) =>
        Assert.Contains(Short(RoomRules.Dependencies(Uses, Plan)), line =>
            line.Contains(planted, StringComparison.Ordinal) && line.EndsWith(message, StringComparison.Ordinal));

    [Fact]
    public void A_use_of_a_room_below_is_no_fault() =>
        Assert.DoesNotContain(Short(RoomRules.Dependencies(Uses, Plan)), static line => line.StartsWith("Execution.", StringComparison.Ordinal));

    [Fact]
    public void A_use_of_the_driver_outside_its_room_is_found()
    {
        var found = Short(RoomRules.Npgsql(Uses, Plan));

        Assert.Contains(found, static line => line.StartsWith("Execution.AttemptLoop.Leak uses Npgsql.NpgsqlConnection", StringComparison.Ordinal));
        Assert.DoesNotContain(found, static line => line.StartsWith("Stores.PostgreSql.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Routing.RoutePlanner.Later uses System.Threading.Tasks.Task")]
    [InlineData("Routing.RoutePlanner.Roll uses System.Random")]
    [InlineData("Routing.RoutePlanner.When uses System.TimeProvider")]
    [InlineData("Routing.RoutePlanner.Say uses Microsoft.Extensions.Logging.ILogger")]
    public void Impurity_is_found(string start) =>
        Assert.Contains(Short(RoomRules.Purity(Uses, Plan)), line => line.StartsWith(start, StringComparison.Ordinal));

    [Theory]
    [InlineData("TaskCompletionSource..ctor")]
    [InlineData("TaskCompletionSource`1..ctor")]
    [InlineData("SemaphoreSlim.WaitAsync")]
    [InlineData("Channel.CreateUnbounded")]
    [InlineData("Task.Run")]
    [InlineData("Task.Yield")]
    [InlineData("TaskFactory.StartNew")]
    [InlineData("ThreadPool.get_ThreadCount")]
    [InlineData("Timer..ctor")]
    [InlineData("Parallel.For")]
    [InlineData("Guid.NewGuid")]
    [InlineData("Environment.get_TickCount64")]
    [InlineData("Stopwatch.GetTimestamp")]
    [InlineData("DateTime.get_UtcNow")]
    [InlineData("DateTimeOffset.get_UtcNow")]
    [InlineData("TimeProvider.get_System")]
    [InlineData("Random.get_Shared")]
    [InlineData("Task.Delay")]
    [InlineData("CancellationTokenSource..ctor")]
    public void A_way_around_the_seams_is_found(string used) =>
        Assert.Contains(Short(RoomRules.Seams(Uses, Plan)), line =>
            line.StartsWith("Execution.Around", StringComparison.Ordinal) && line.Contains($".{used}: ", StringComparison.Ordinal));

    [Fact]
    public void Code_that_keeps_to_the_seams_is_no_fault() =>
        Assert.DoesNotContain(Short(RoomRules.Seams(Uses, Plan)), static line => !line.StartsWith("Execution.Around", StringComparison.Ordinal));

    private static List<string> Short(IEnumerable<string> broken) => [.. broken.Select(static line => line.Replace(Root + ".", "", StringComparison.Ordinal))];
}
