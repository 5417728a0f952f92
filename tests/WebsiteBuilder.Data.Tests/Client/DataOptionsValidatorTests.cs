using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Tests.Client;

public class DataOptionsValidatorTests
{
    private const string Password = "hunter2!";
    private const string Secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string Good = $"Host=10.0.0.1;Username=app;Password={Password};Database=shop";

    public static readonly TheoryData<string, string> Malformed = new()
    {
        { "no local region", "LocalRegion isn't a region name" },
        { "null local region", "LocalRegion isn't a region name" },
        { "malformed local region", "LocalRegion isn't a region name" },
        { "level without a name", "DefaultConsistency must be" },
        { "level unspecified", "DefaultConsistency must be" },
        { "durability without a name", "DefaultDurability must be" },
        { "durability unspecified", "DefaultDurability must be" },
        { "drift without a name", "SchemaDrift must be" },
        { "negative staleness", "DefaultMaxStaleness must be" },
        { "endless staleness", "DefaultMaxStaleness must be" },
        { "no timeout", "DefaultTimeout must be" },
        { "endless timeout", "DefaultTimeout must be" },
        { "negative window", "Routing:LatencyWindow must be" },
        { "wide window", "Routing:LatencyWindow must be" },
        { "short attempts", "Routing:AttemptTimeout must be" },
        { "busy probes", "Health:ProbeInterval must be" },
        { "busy rechecks", "Health:RecheckInterval must be" },
        { "rechecks rarer than probes", "Health:RecheckInterval must not be longer" },
        { "no time to probe", "Health:ProbeTimeout must be" },
        { "no failure allowed", "Health:FailuresToLeave must be" },
        { "no success needed", "Health:SuccessesToReturn must be" },
        { "hasty silence", "Health:SilenceTimeout must be" },
        { "negative return", "Health:ReturnDelay must be" },
        { "no hold", "Health:LongestHold must be" },
        { "return beyond the longest hold", "Health:ReturnDelay must not be longer" },
        { "everybody is slow", "Health:SlowFactor must be" },
        { "slow is no number", "Health:SlowFactor must be" },
        { "busy samples", "Health:PositionSampleInterval must be" },
        { "rare samples", "Health:PositionSampleInterval must be" },
        { "busy questions to Patroni", "Health:PatroniInterval must be" },
        { "rare questions to Patroni", "Health:PatroniInterval must be" },
        { "key 0", "The number of a key in SessionTokens:Keys must be" },
        { "key 256", "The number of a key in SessionTokens:Keys must be" },
        { "short secret", "SessionTokens:Keys:1 must be base64" },
        { "null secret", "SessionTokens:Keys:1 must be base64" },
        { "secret that isn't base64", "SessionTokens:Keys:1 must be base64" },
        { "unknown current key", "SessionTokens:CurrentKeyId is 2" },
        { "signatures required and not made", "SessionTokens:RequireSignature needs" },
        { "directory without shard", "Directory:Shard is missing" },
        { "directory without keys", "The number of Directory:Keys must be 1 to 8" },
        { "directory with nine keys", "The number of Directory:Keys must be 1 to 8" },
        { "directory in no shard", "Directory:Shard names no configured shard" },
        { "directory key 0", "The number of a key in Directory:Keys must be" },
        { "directory key 256", "The number of a key in Directory:Keys must be" },
        { "short directory secret", "Directory:Keys:1 must be base64" },
        { "secret of tokens for the directory", "Directory:Keys:1 is a key of SessionTokens" },
        { "short reservations", "Directory:ReservationTime must be" },
        { "endless reservations", "Directory:ReservationTime must be" },
        { "no shards", "The number of Shards must be" },
        { "shard without name", "Shards:0:Name is missing" },
        { "shard with null name", "Shards:0:Name is missing" },
        { "shard without number", "Shards:0:Number is missing" },
        { "negative number", "Shards:0:Number must be" },
        { "number too large", "Shards:0:Number must be" },
        { "malformed territory", "Shards:0:Territories holds something that isn't a territory name" },
        { "null territory", "Shards:0:Territories holds something that isn't a territory name" },
        { "territory twice", "Two shards claim the territory" },
        { "territory twice in another case", "Two shards claim the territory" },
        { "two shards of one name", "Two shards are named" },
        { "two shards of one number", "Two shards have the number" },
        { "no endpoints", "The number of Shards:0:Endpoints must be" },
        { "too many endpoints", "The number of Shards:0:Endpoints must be" },
        { "endpoint without name", "Shards:0:Endpoints:0:Name is missing" },
        { "endpoint with null name", "Shards:0:Endpoints:0:Name is missing" },
        { "two endpoints of one name", "In Shards:0, two endpoints are named" },
        { "endpoint without region", "Shards:0:Endpoints:0:Region isn't a region name" },
        { "empty pool", "Shards:0:Endpoints:0:MaxPoolSize must be" },
        { "huge pool", "Shards:0:Endpoints:0:MaxPoolSize must be" },
        { "empty sql pool", "Shards:0:Endpoints:0:MaxSqlPoolSize must be" },
        { "huge sql pool", "Shards:0:Endpoints:0:MaxSqlPoolSize must be" },
        { "negative weight", "Shards:0:Endpoints:0:Weight must be" },
        { "huge weight", "Shards:0:Endpoints:0:Weight must be" },
        { "too many labels", "The number of Shards:0:Endpoints:0:Labels must be" },
        { "no connection string", "Shards:0:Endpoints:0:ConnectionString is missing" },
        { "null connection string", "Shards:0:Endpoints:0:ConnectionString is missing" },
        { "several hosts", "Shards:0:Endpoints:0:ConnectionString names several hosts" },
        { "no host", "Shards:0:Endpoints:0:ConnectionString names no host" },
        { "no wait", "Pools:WaitTimeout must be" },
        { "no time to hold", "Pools:HeldConnectionWarning must be" },
        { "no connection to a region", "Pools:MaxConnectionsPerRegion must be" },
        { "users may take all of a region", "data sources may hold 32 connections (the sum of MaxSqlPoolSize), and 2 endpoints need one more each: raise it to 34" },
        { "unknown pooler", "Shards:0:Endpoints:0:Pooler is 7" },
        { "pooler without a direct way", "Shards:0:Endpoints:0:DirectConnectionString is missing" },
        { "direct way without pooler", "Shards:0:Endpoints:0:DirectConnectionString is set, and Shards:0:Endpoints:0:Pooler isn't" },
        { "direct way that isn't one", "Shards:0:Endpoints:0:DirectConnectionString isn't an Npgsql connection string" },
        { "direct way through the pooler", "Shards:0:Endpoints:0:ConnectionString and Shards:0:Endpoints:0:DirectConnectionString lead to the same place" },
        { "search path through the pooler", "Shards:0:Endpoints:0:ConnectionString has Options or Search Path" },
        { "Patroni at a path", "Shards:0:Endpoints:0:PatroniUrl has a user" },
        { "Patroni with a password", "Shards:0:Endpoints:0:PatroniUrl has a user" },
        { "Patroni over something else", "Shards:0:Endpoints:0:PatroniUrl isn't an absolute http or https address" },
        { "Patroni nowhere", "Shards:0:Endpoints:0:PatroniUrl isn't an absolute http or https address" },
        { "options through the pooler", "Shards:0:Endpoints:0:ConnectionString has Options or Search Path" },
    };

    /// <summary>What a slip of the hand makes of a connection string.</summary>
    public static readonly TheoryData<string> BadConnectionStrings = new(
        $"{Password}",
        $"Host=a;Password={Password};Port=many",
        $"Host=a;Password={Password};Port=99999999999999",
        $"Host=a;Password={Password};Port=-1",
        $"Host=a;Password={Password};Pasword={Password}",
        $"Host=a;Password={Password};Pooling=perhaps",
        $"Host=a;Password={Password};SSL Mode={Password}",
        $"Host=a;Password='{Password}",
        $"postgres://app:{Password}@10.0.0.1/shop",
        $"Host=a;Timeout=-1;Password={Password}",
        $"Host=a;Keepalive={Password}",
        $"Host=a;{Password}");

    [Fact]
    public void Good_settings_pass() => Assert.True(Validate(Options()).Succeeded);

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Each_slip_has_its_message(string slip, string message)
    {
        var options = Options();
        Spoil(slip, options);
        var result = Validate(options);

        Assert.True(result.Failed);
        Assert.Contains(result.Failures!, failure => failure.Contains(message, StringComparison.Ordinal));
        Assert.DoesNotContain(Password, result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1", result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadConnectionStrings))]
    public void A_connection_string_that_can_t_be_read_is_never_quoted(string connectionString)
    {
        var options = Options();
        options.Shards[0].Endpoints[0].ConnectionString = connectionString;
        var result = Validate(options);

        Assert.Contains(result.Failures!, static failure => failure.StartsWith("Shards:0:Endpoints:0:ConnectionString", StringComparison.Ordinal));
        Assert.DoesNotContain(Password, result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://10.0.0.1:8008")]
    [InlineData("https://patroni-1.internal/")]
    [InlineData("http://[::1]:8008")]
    public void An_address_of_Patroni_passes(string url)
    {
        var options = Options();
        options.Shards[0].Endpoints[0].PatroniUrl = new Uri(url);

        Assert.True(Validate(options).Succeeded);
    }

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var options = Options();
        options.LocalRegion = "";
        options.DefaultTimeout = TimeSpan.Zero;
        options.Shards[0].Name = "";
        options.Shards[0].Endpoints[0].ConnectionString = "";

        Assert.True(Validate(options).Failures!.Count() >= 4);
    }

    [Fact]
    public async Task A_connection_string_without_host_was_found_out_by_the_driver()
    {
        var options = Options();
        options.Shards[0].Endpoints[0].ConnectionString = $"Username=app;Password={Password}";
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            await using var client = ClientComposition.Build(
                options, new EntityRegistry(), NullLoggerFactory.Instance, new EngineRuntime(TimeProvider.System, new Random(1)));
        });

        Assert.DoesNotContain(Password, refused.Message, StringComparison.Ordinal);
    }

    private static ValidateOptionsResult Validate(DataOptions options) => new DataOptionsValidator().Validate(null, options);

    private static DataOptions Options()
    {
        var options = new DataOptions { LocalRegion = "eu-west-1" };
        options.Shards.Add(Shard(1, "emea"));
        options.Shards[0].Territories.Add("emea");
        return options;
    }

    private static ShardOptions Shard(int number, string name)
    {
        var shard = new ShardOptions { Number = number, Name = name };
        shard.Endpoints.Add(Endpoint("a"));
        return shard;
    }

    private static EndpointOptions Endpoint(string name) => new() { Name = name, Region = "eu-west-1", ConnectionString = Good };

    private static void Spoil(string slip, DataOptions options)
    {
        var shard = options.Shards[0];
        var endpoint = shard.Endpoints[0];
        switch (slip)
        {
            case "no local region": options.LocalRegion = ""; break;
            case "null local region": options.LocalRegion = null!; break;
            case "malformed local region": options.LocalRegion = "eu west"; break;
            case "level without a name": options.DefaultConsistency = (ConsistencyLevel)9; break;
            case "level unspecified": options.DefaultConsistency = ConsistencyLevel.Unspecified; break;
            case "durability without a name": options.DefaultDurability = (WriteDurability)9; break;
            case "durability unspecified": options.DefaultDurability = WriteDurability.Unspecified; break;
            case "drift without a name": options.SchemaDrift = (SchemaDriftResponse)9; break;
            case "negative staleness": options.DefaultMaxStaleness = TimeSpan.FromTicks(-1); break;
            case "endless staleness": options.DefaultMaxStaleness = TimeSpan.MaxValue; break;
            case "no timeout": options.DefaultTimeout = TimeSpan.Zero; break;
            case "endless timeout": options.DefaultTimeout = Timeout.InfiniteTimeSpan; break;
            case "negative window": options.Routing.LatencyWindow = TimeSpan.FromMilliseconds(-1); break;
            case "wide window": options.Routing.LatencyWindow = TimeSpan.FromSeconds(2); break;
            case "short attempts": options.Routing.AttemptTimeout = TimeSpan.FromMilliseconds(9); break;
            case "busy probes": options.Health.ProbeInterval = TimeSpan.FromMilliseconds(49); break;
            case "busy rechecks": options.Health.RecheckInterval = TimeSpan.Zero; break;
            case "rechecks rarer than probes": options.Health.RecheckInterval = TimeSpan.FromMinutes(1); break;
            case "no time to probe": options.Health.ProbeTimeout = TimeSpan.Zero; break;
            case "no failure allowed": options.Health.FailuresToLeave = 0; break;
            case "no success needed": options.Health.SuccessesToReturn = 0; break;
            case "hasty silence": options.Health.SilenceTimeout = TimeSpan.FromMilliseconds(49); break;
            case "negative return": options.Health.ReturnDelay = TimeSpan.FromTicks(-1); break;
            case "no hold": options.Health.LongestHold = TimeSpan.Zero; break;
            case "return beyond the longest hold": options.Health.ReturnDelay = TimeSpan.FromMinutes(2); break;
            case "everybody is slow": options.Health.SlowFactor = 1; break;
            case "slow is no number": options.Health.SlowFactor = double.NaN; break;
            case "busy samples": options.Health.PositionSampleInterval = TimeSpan.FromMilliseconds(9); break;
            case "rare samples": options.Health.PositionSampleInterval = TimeSpan.FromMinutes(2); break;
            case "busy questions to Patroni": options.Health.PatroniInterval = TimeSpan.FromMilliseconds(99); break;
            case "rare questions to Patroni": options.Health.PatroniInterval = TimeSpan.FromMinutes(61); break;
            case "key 0": options.SessionTokens.Keys[0] = Secret; break;
            case "key 256": options.SessionTokens.Keys[256] = Secret; break;
            case "short secret": options.SessionTokens.Keys[1] = Convert.ToBase64String(new byte[31]); break;
            case "null secret": options.SessionTokens.Keys[1] = null!; break;
            case "secret that isn't base64": options.SessionTokens.Keys[1] = Password + Secret; break;
            case "unknown current key": options.SessionTokens.Keys[1] = Secret; options.SessionTokens.CurrentKeyId = 2; break;
            case "signatures required and not made": options.SessionTokens.Keys[1] = Secret; options.SessionTokens.RequireSignature = true; break;
            case "directory without shard": options.Directory.Keys[1] = Secret; break;
            case "directory without keys": options.Directory.Shard = "emea"; break;
            case "directory with nine keys":
                options.Directory.Shard = "emea";
                for (var i = 1; i <= 9; i++)
                {
                    options.Directory.Keys[i] = Secret;
                }

                break;
            case "directory in no shard": options.Directory.Shard = "global"; options.Directory.Keys[1] = Secret; break;
            case "directory key 0": options.Directory.Shard = "emea"; options.Directory.Keys[0] = Secret; break;
            case "directory key 256": options.Directory.Shard = "emea"; options.Directory.Keys[256] = Secret; break;
            case "short directory secret": options.Directory.Shard = "emea"; options.Directory.Keys[1] = Convert.ToBase64String(new byte[31]); break;
            case "secret of tokens for the directory": options.Directory.Shard = "emea"; options.Directory.Keys[1] = options.SessionTokens.Keys[1] = Secret; break;
            case "short reservations": options.Directory.ReservationTime = TimeSpan.FromMilliseconds(99); break;
            case "endless reservations": options.Directory.ReservationTime = TimeSpan.FromMinutes(61); break;
            case "no shards": options.Shards.Clear(); break;
            case "shard without name": shard.Name = " "; break;
            case "shard with null name": shard.Name = null!; break;
            case "shard without number": shard.Number = null; break;
            case "negative number": shard.Number = -1; break;
            case "number too large": shard.Number = ShardId.MaxNumber + 1; break;
            case "malformed territory": shard.Territories.Add("e mea"); break;
            case "null territory": shard.Territories.Add(null!); break;
            case "territory twice": options.Shards.Add(Shard(2, "other")); options.Shards[1].Territories.Add("emea"); break;
            case "territory twice in another case": options.Shards.Add(Shard(2, "other")); options.Shards[1].Territories.Add("EMEA"); break;
            case "two shards of one name": options.Shards.Add(Shard(2, "emea")); break;
            case "two shards of one number": options.Shards.Add(Shard(1, "other")); break;
            case "no endpoints": shard.Endpoints.Clear(); break;
            case "too many endpoints":
                for (var i = 0; i < 128; i++)
                {
                    shard.Endpoints.Add(Endpoint($"n{i}"));
                }

                break;
            case "endpoint without name": endpoint.Name = ""; break;
            case "endpoint with null name": endpoint.Name = null!; break;
            case "two endpoints of one name": shard.Endpoints.Add(Endpoint("A")); break;
            case "endpoint without region": endpoint.Region = ""; break;
            case "empty pool": endpoint.MaxPoolSize = 0; break;
            case "huge pool": endpoint.MaxPoolSize = 1_001; break;
            case "empty sql pool": endpoint.MaxSqlPoolSize = 0; break;
            case "huge sql pool": endpoint.MaxSqlPoolSize = 1_001; break;
            case "negative weight": endpoint.Weight = -1; break;
            case "huge weight": endpoint.Weight = 101; break;
            case "too many labels":
                for (var i = 0; i < 17; i++)
                {
                    endpoint.Labels[$"l{i}"] = "x";
                }

                break;
            case "no connection string": endpoint.ConnectionString = ""; break;
            case "null connection string": endpoint.ConnectionString = null!; break;
            case "several hosts": endpoint.ConnectionString = $"Host=10.0.0.1,10.0.0.2;Password={Password}"; break;
            case "no host": endpoint.ConnectionString = $"Username=app;Password={Password}"; break;
            case "no wait": options.Pools.WaitTimeout = TimeSpan.Zero; break;
            case "no time to hold": options.Pools.HeldConnectionWarning = TimeSpan.Zero; break;
            case "no connection to a region": options.Pools.MaxConnectionsPerRegion = 0; break;
            case "users may take all of a region":
                shard.Endpoints.Clear();
                shard.Endpoints.Add(Endpoint("a"));
                shard.Endpoints.Add(Endpoint("b"));
                options.Pools.MaxConnectionsPerRegion = 33;
                break;
            case "unknown pooler": endpoint.Pooler = (ConnectionPooler)7; break;
            case "pooler without a direct way": endpoint.Pooler = ConnectionPooler.Transaction; break;
            case "direct way without pooler": endpoint.DirectConnectionString = Good; break;
            case "direct way that isn't one": Pool(endpoint, "Host=a;Port=many"); break;
            case "direct way through the pooler": Pool(endpoint, Good); break;
            case "search path through the pooler": Pool(endpoint, Good + ";Port=5433"); endpoint.ConnectionString += ";Search Path=shop"; break;
            case "Patroni at a path": endpoint.PatroniUrl = new Uri("http://10.0.0.1:8008/cluster"); break;
            case "Patroni with a password": endpoint.PatroniUrl = new Uri($"http://app:{Password}@10.0.0.1:8008"); break;
            case "Patroni over something else": endpoint.PatroniUrl = new Uri("ftp://10.0.0.1:8008"); break;
            case "Patroni nowhere": endpoint.PatroniUrl = new Uri("10.0.0.1", UriKind.Relative); break;
            case "options through the pooler": Pool(endpoint, Good + ";Port=5433"); endpoint.ConnectionString += ";Options=-c statement_timeout=7s"; break;
            default: throw new ArgumentOutOfRangeException(nameof(slip), slip, "Not a slip.");
        }
    }

    private static void Pool(EndpointOptions endpoint, string direct)
    {
        endpoint.Pooler = ConnectionPooler.Transaction;
        endpoint.DirectConnectionString = direct;
    }
}
