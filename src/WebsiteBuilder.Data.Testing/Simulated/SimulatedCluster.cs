using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// Replicated databases of several regions in memory, for tests of code that uses the library. Clients made here are the real ones, with all that they check;
/// only the servers behind them are simulated, with lag, promotions and faults at the push of a button.
/// </summary>
/// <remarks>
/// <para>Build the cluster first, then make clients; all members are thread-safe after that. All clients share its time and its dice, so
/// with <see cref="OnOneThread"/> equal seeds give equal runs.</para>
/// <para>Rows keep what PostgreSQL keeps: times in whole microseconds, texts without U+0000, JSON as its own text. Texts compare and sort by their
/// UTF-16 code units. The constraints of the library's own tables are built in; say those of others with <see cref="Table"/>.</para>
/// </remarks>
public sealed class SimulatedCluster
{
    private readonly EngineRuntime _runtime;
    private readonly List<SimulatedShard> _shards = [];
    private readonly ConcurrentDictionary<string, TableRules> _tables = new(StringComparer.Ordinal);
    private readonly Dice _dice;

    /// <summary>Makes an empty cluster.</summary>
    /// <param name="time">The clock of cluster and clients; the system's by default. Background work runs on the thread pool.</param>
    /// <param name="seed">Decides what is random.</param>
    public SimulatedCluster(TimeProvider? time = null, int seed = 1)
        : this(new EngineRuntime(time ?? TimeProvider.System, new Random(seed)), seed)
    {
    }

    private SimulatedCluster(EngineRuntime runtime, int seed)
    {
        _runtime = runtime;
        _dice = new Dice(seed);
        Network = new SimulatedNetwork(runtime, _dice, StepAll);
        Table("users", static users => users
            .Required("email").Unique("email").MaxLength("email", 255)
            .Unique("username").MaxLength("username", 50)
            .Required("subscription_tier").MaxLength("subscription_tier", 20)
            .Required("created_at")
            .Required("updated_at")
            .Required("status").MaxLength("status", 20));
    }

    /// <summary>The clock of cluster and clients.</summary>
    public TimeProvider Time => _runtime.Time;

    /// <summary>The links between the regions, and what becomes of messages on them.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The shards, in the order in which they were added.</summary>
    public IReadOnlyList<SimulatedShard> Shards => _shards;

    /// <summary>A shard by its name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SimulatedShard this[string shard] =>
        _shards.Find(candidate => candidate.Name == shard) ?? throw new ArgumentException("The cluster has no shard of that name.", nameof(shard));

    /// <summary>
    /// Makes an empty cluster whose clients do all their work, in the background too, on the thread that advances the time, in an order
    /// that the seed decides. Nothing happens unless time passes: wait for tasks with <see cref="ManualTimeProvider.Run{T}(Task{T}, TimeSpan?)"/>.
    /// Use it from one thread that has no <see cref="SynchronizationContext"/>.
    /// </summary>
    public static SimulatedCluster OnOneThread(ManualTimeProvider time, int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(time);
        return new SimulatedCluster(new OneThreadRuntime(time, new Random(seed)), seed);
    }

    /// <summary>Adds a shard.</summary>
    /// <param name="name">Its name, unique.</param>
    /// <param name="define">Adds its nodes, and says what it holds.</param>
    public SimulatedCluster AddShard(string name, Action<SimulatedShard> define)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(define);
        var shard = new SimulatedShard(_runtime, Network, _dice, name, _shards.Count);
        define(shard);
        _shards.Add(shard);
        return this;
    }

    /// <summary>Says the constraints of a table, in addition to those said before.</summary>
    public SimulatedCluster Table(string table, Action<SimulatedTable> define)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        ArgumentNullException.ThrowIfNull(define);
        define(new SimulatedTable(RulesOf(table)));
        return this;
    }

    /// <summary>
    /// Sets the round trip between two regions, or within one: zero or more, half of it each way. Default: zero. It holds for clients of one and nodes of the other, and
    /// for replication.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    /// <exception cref="FormatException">A text isn't a region name.</exception>
    public SimulatedCluster RoundTrip(string one, string other, TimeSpan roundTrip)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(roundTrip, TimeSpan.Zero);
        Network[one, other].Delay = roundTrip / 2;
        Network[other, one].Delay = roundTrip / 2;
        return this;
    }

    /// <summary>
    /// Sets all round trips to the averages that were measured between 19 regions of AWS, published with github.com/vitorenesduarte/fantoch (commit aea6e324,
    /// June 2020): within a region about 0.1 ms. Links with other regions keep what they have; <see cref="RoundTrip"/> says otherwise afterwards.
    /// </summary>
    public SimulatedCluster UsePublishedRoundTrips()
    {
        Network.Presume(PublishedRoundTrips.OneWay);
        return this;
    }

    /// <summary>
    /// Ends all faults that can be ended without a decision: heals the network, and for each node its isolation, hang, paused replay, stopped reception and held
    /// position; faults that were asked for are forgotten. Dead nodes stay dead, superseded primaries stay so, and delays stay.
    /// </summary>
    public void Heal()
    {
        Network.Heal();
        foreach (var node in _shards.SelectMany(static shard => shard.Nodes))
        {
            node.Reconnect();
            node.Heal();
            node.ResumeReplay();
            node.ResumeReceiving();
            node.ReleaseReplayPosition();
        }
    }

    /// <summary>Makes a client of all shards. Dispose it at the end.</summary>
    /// <param name="localRegion">Where it runs.</param>
    /// <param name="entities">Registers entities: <c>entities => entities.Add(UserMap.Map, UserMap.Policy)</c>.</param>
    /// <param name="configure">Changes settings; the local region and the shards are set already.</param>
    /// <param name="loggers">Where to log; nowhere by default.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is out of range, or a shard has no nodes.</exception>
    public DataClient CreateClient(
        RegionId localRegion, Action<EntityRegistry> entities, Action<DataOptions>? configure = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(entities);
        var options = new DataOptions();
        Describe(options, localRegion);
        configure?.Invoke(options);
        var registry = new EntityRegistry();
        entities(registry);
        return CreateClient(options, registry, loggers ?? NullLoggerFactory.Instance);
    }

    /// <summary>Makes a client of the shards that the settings name.</summary>
    internal DataClient CreateClient(DataOptions options, EntityRegistry entities, ILoggerFactory loggers) => ClientComposition.Build(
        options,
        entities,
        loggers,
        _runtime,
        (shard, endpoint) => new SimulatedEndpoint(this, this[shard.Name], this[shard.Name][endpoint.Name], RegionId.Parse(options.LocalRegion)));

    /// <summary>Makes a process that coordinates one shard, in a region. Its nodes count as standbys, all of them.</summary>
    internal FailoverCoordinator CreateCoordinator(string shard, RegionId region, FailoverPolicy policy, ProcessPause process, IProgress<FailoverRecord>? audit = null, INodeMetrics? metrics = null) => new(
        policy,
        [.. this[shard].Nodes.Select(node => new SimulatedFailoverNode(this, this[shard], node, region, process))],
        _runtime,
        NullLogger.Instance,
        dryRun: false,
        new SimulatedOperator(this, this[shard], region, process),
        metrics,
        audit);

    /// <summary>A process that can be made to stand still.</summary>
    internal ProcessPause NewProcess() => new(_runtime);

    internal Task DelayAsync(TimeSpan delay) => _runtime.Delay(delay, CancellationToken.None);

    /// <summary>Puts this cluster into settings, in place of whatever shards they had.</summary>
    internal void Describe(DataOptions options, RegionId localRegion)
    {
        options.LocalRegion = localRegion.ToString();
        options.Shards.Clear();
        foreach (var shard in _shards)
        {
            options.Shards.Add(Describe(shard));
        }
    }

    internal TableRules RulesOf(string table) => _tables.GetOrAdd(table, static name => new TableRules(name));

    private void StepAll()
    {
        foreach (var shard in _shards)
        {
            shard.Step();
        }
    }

    private static ShardOptions Describe(SimulatedShard shard)
    {
        var described = new ShardOptions { Name = shard.Name, Number = shard.Number };
        foreach (var territory in shard.Territories)
        {
            described.Territories.Add(territory.ToString());
        }

        foreach (var node in shard.Nodes)
        {
            described.Endpoints.Add(new EndpointOptions { Name = node.Name, Region = node.Region.ToString(), ConnectionString = "Host=in-memory" });
        }

        return described;
    }
}
