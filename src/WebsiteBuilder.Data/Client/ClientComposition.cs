using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.Patroni;
using WebsiteBuilder.Data.Stores.PostgreSql;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Client;

/// <summary>Makes the store behind one endpoint; the simulator brings its own.</summary>
internal delegate IStoreEndpoint StoreFactory(ShardOptions shard, EndpointOptions endpoint);

/// <summary>Puts a client together.</summary>
internal static class ClientComposition
{
    /// <summary>Those in a second that are allowed even if next to nothing is asked.</summary>
    private const double HedgesAtRest = 1, RetriesAtRest = 10;

    private static readonly TimeSpan RestBeforeSchema = TimeSpan.FromSeconds(1);

    /// <summary>From afar, with a connection and TLS to be made, six round trips and what Patroni itself takes.</summary>
    private static readonly TimeSpan LongestPatroni = TimeSpan.FromSeconds(2);

    public static void Validate(DataOptions options)
    {
        var result = new DataOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(nameof(DataOptions), typeof(DataOptions), result.Failures);
        }
    }

    public static DataClient Build(
        DataOptions options, EntityRegistry entities, ILoggerFactory loggers, EngineRuntime runtime, StoreFactory? stores = null)
    {
        Validate(options);
        var health = new HealthPolicy(
            options.Health.ProbeInterval,
            options.Health.RecheckInterval,
            options.Health.ProbeTimeout,
            options.Health.FailuresToLeave,
            options.Health.SuccessesToReturn,
            options.Health.PositionSampleInterval)
        {
            SilenceTimeout = options.Health.SilenceTimeout,
            ReturnDelay = options.Health.ReturnDelay,
            LongestHold = options.Health.LongestHold,
            SlowFactor = options.Health.SlowFactor,
        };
        var localRegion = RegionId.Parse(options.LocalRegion);
        var routing = new RoutePolicy(localRegion, options.Routing.LatencyWindow);
        var attempts = new AttemptPolicy(options.Routing.AttemptTimeout);
        var hedging = new HedgePolicy(options.Routing.HedgeMinDelay, options.Routing.HedgeReads);
        var half = options.Routing.AttemptTimeout / 2;
        var wait = options.Pools.WaitTimeout < half ? options.Pools.WaitTimeout : half;
        var regions = new Dictionary<RegionId, ConnectionBudget>();
        stores ??= (_, endpoint) => new PostgresEndpoint(
            new PostgresConnections(
                endpoint.Name, endpoint.ConnectionString, endpoint.MaxPoolSize, options.Health.ProbeTimeout, endpoint.MaxSqlPoolSize, Direct(endpoint), wait, Budget(endpoint), runtime.Time,
                options.Pools.MaxWaiting),
            runtime);

        ConnectionBudget? Budget(EndpointOptions endpoint)
        {
            if (options.Pools.MaxConnectionsPerRegion is not { } most)
            {
                return null;
            }

            var region = RegionId.Parse(endpoint.Region);
            return regions.TryGetValue(region, out var budget) ? budget : regions[region] = new ConnectionBudget(most);
        }

        var ordered = options.Shards.OrderBy(static shard => shard.Number).ToArray();
        var definitions = ordered.Select(Define).ToArray();
        var board = new TopologyBoard(runtime, definitions);
        var logger = loggers.CreateLogger("WebsiteBuilder.Data.Topology");
        var contacts = new FirstContacts(runtime, localRegion);
        var engines = definitions.Select((definition, index) =>
        {
            var nodes = definition.Endpoints
                .Select(endpoint => new ShardNode(endpoint, stores(ordered[index], ordered[index].Endpoints[endpoint.Index]), new EndpointVitals(health)))
                .ToArray();
            var shard = new LiveShard(index, definition, nodes);
            shard.NoteDurability(entities.Strongest);
            return new ShardEngine(shard, new ShardMonitor(shard, board, runtime, health, contacts, logger) { Engine = Watch(shard, ordered[index]) }, board, runtime, routing, attempts)
            {
                HeldConnections = new HeldConnections(runtime, logger, definition.Name, options.Pools.HeldConnectionWarning),
                Sweeper = new OperationSweeper(shard, board, runtime, options.Health.ProbeTimeout, logger),
                Hedging = new Hedging(hedging, new ExtraLoad(options.Routing.HedgeShare, HedgesAtRest)),
                Retries = new ExtraLoad(options.Routing.RetryShare, RetriesAtRest),
                Waiting = new WaitingRoom(options.Routing.MaxWaitingWrites),
                Schema = Check(shard, ordered[index]),
            };
        }).ToArray();

        EngineWatch? Watch(LiveShard shard, ShardOptions settings)
        {
            var members = settings.Endpoints
                .Select(static (endpoint, i) => (Endpoint: i, endpoint.PatroniUrl))
                .Where(static member => member.PatroniUrl is not null)
                .Select(static member => (member.Endpoint, (IEngineMember)new PatroniMember(member.PatroniUrl!)))
                .ToArray();
            var limit = health.ProbeTimeout < LongestPatroni ? health.ProbeTimeout : LongestPatroni;
            var policy = new EngineWatchPolicy(options.Health.PatroniInterval, health.RecheckInterval, limit);
            return members.Length == 0 ? null : new EngineWatch(members, shard.Definition, () => board[shard.Index].Primary, runtime, policy, logger);
        }

        SchemaCheck? Check(LiveShard shard, ShardOptions settings)
        {
            if (options.SchemaDrift == SchemaDriftResponse.Ignore || !Array.TrueForAll(shard.Nodes, static node => node.Store is ISchemaStore))
            {
                return null;
            }

            // Who refuses is waited for; who only warns would ask in vain again and again, of a role that lacks the right, say.
            var refuses = options.SchemaDrift == SchemaDriftResponse.Refuse;
            var policy = new SchemaCheckPolicy(refuses, refuses ? health.RecheckInterval : health.ProbeInterval, health.ProbeTimeout, refuses ? TimeSpan.Zero : RestBeforeSchema);
            return new SchemaCheck(shard, board, runtime, SchemaNeeds.Of(settings, options, entities), policy, logger);
        }

        var defaults = new ClientDefaults(
            options.DefaultConsistency, options.DefaultMaxStaleness, options.DefaultDurability, options.DefaultTimeout);
        return new DataClient(localRegion, new DataTier(new ShardDirectory(definitions), engines, defaults), entities, board, Keys(options.SessionTokens))
        {
            Hedging = hedging,
            Directory = Directory(options.Directory),
        };
    }

    private static string? Direct(EndpointOptions endpoint) => endpoint.Pooler == ConnectionPooler.None ? null : endpoint.DirectConnectionString;

    private static DirectorySettings? Directory(DirectoryOptions directory) => string.IsNullOrEmpty(directory.Shard)
        ? null
        : new DirectorySettings(
            directory.Shard,
            new NameHashes(directory.Keys.Select(static key => KeyValuePair.Create(key.Key, TokenSecret.Read(key.Value)!))),
            directory.ReservationTime);

    private static TokenKeys Keys(SessionTokenOptions tokens) => new(
        tokens.Keys.Select(static key => KeyValuePair.Create((byte)key.Key, TokenSecret.Read(key.Value)!)),
        (byte?)tokens.CurrentKeyId,
        tokens.RequireSignature);

    private static ShardDefinition Define(ShardOptions shard) => new(
        new ShardId(StoreKind.PostgreSql, shard.Number!.Value),
        shard.Name,
        [.. shard.Territories.Select(Territory.Parse)],
        [.. shard.Endpoints.Select(static (endpoint, index) => new EndpointDefinition(index, endpoint.Name, RegionId.Parse(endpoint.Region))
        {
            Weight = endpoint.Weight,
            Labels = [.. endpoint.Labels.Select(static label => (label.Key, label.Value))],
        })]);
}
