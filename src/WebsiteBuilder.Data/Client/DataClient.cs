using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data;

/// <summary>
/// The client of the data tier: watches the configured shards in the background and opens sessions. Make one per process and dispose it
/// at the end. Thread-safe.
/// </summary>
public sealed class DataClient : IDataClient
{
    private readonly DataTier _tier;
    private readonly EntityRegistry _entities;
    private readonly TopologyBoard _board;
    private readonly TokenKeys _keys;
    private int _disposed;

    internal DataClient(RegionId localRegion, DataTier tier, EntityRegistry entities, TopologyBoard board, TokenKeys keys)
    {
        LocalRegion = localRegion;
        _tier = tier;
        _entities = entities;
        _board = board;
        _keys = keys;
        foreach (var engine in tier.Engines)
        {
            engine.Monitor.Start();
            engine.Sweeper?.Start();
            engine.Schema?.Start();
        }
    }

    /// <summary>The directory's settings, if there is one.</summary>
    internal DirectorySettings? Directory { get; init; }

    /// <summary>How often nodes were asked something for callers.</summary>
    internal long Asked => _tier.Engines.Sum(static engine => engine.Shard.Asked);

    /// <summary>Whether reads ask a second node; null for never.</summary>
    internal HedgePolicy? Hedging { get; init; }

    /// <summary>
    /// Whether reads that take longer than usual ask a second node, too. Begins with <see cref="RoutingOptions.HedgeReads"/> and may be switched at any time: reads that have asked one already
    /// aren't affected.
    /// </summary>
    public bool HedgesReads
    {
        get => Hedging is { IsOn: true };
        set
        {
            if (Hedging is { } hedging)
            {
                hedging.IsOn = value;
            }
        }
    }

    /// <inheritdoc/>
    public RegionId LocalRegion { get; }

    /// <inheritdoc/>
    public TopologySnapshot Topology => _board.Snapshot;

    /// <summary>Makes a client without dependency injection.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="entities">Registers entities: <c>entities => entities.Add(UserMap.Map, UserMap.Policy)</c>.</param>
    /// <param name="loggers">Where to log; nowhere by default.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">A setting is missing, malformed or out of range; all problems are named.</exception>
    public static DataClient Create(
        DataOptions options, Action<EntityRegistry>? entities = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var registry = new EntityRegistry();
        entities?.Invoke(registry);
        return ClientComposition.Build(
            options, registry, loggers ?? NullLoggerFactory.Instance, new EngineRuntime(time ?? TimeProvider.System, new Random()));
    }

    /// <summary>
    /// Brings the databases of all configured shards to the schema that this version of the library needs. Run it before the first client is
    /// made; running it again, or from several processes at once, does no harm.
    /// </summary>
    /// <param name="options">The settings.</param>
    /// <param name="progress">Told each step once it is applied, as <c>shard: step</c>, from any thread.</param>
    /// <param name="cancellationToken">Stops; the step on its way is rolled back.</param>
    /// <exception cref="OptionsValidationException">A setting is missing, malformed or out of range.</exception>
    /// <exception cref="StoreFailureException">
    /// A shard has no primary or several, or a step failed. What fails outside of a step, such as making the schema without the right to, is
    /// the driver's own <see cref="Npgsql.NpgsqlException"/>.
    /// </exception>
    /// <remarks>Connections are made with the endpoints' connection strings as they are, with nothing overridden.</remarks>
    public static async Task MigrateAsync(DataOptions options, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ClientComposition.Validate(options);
        await Task.WhenAll(options.Shards.Select(shard => MigrateAsync(shard, progress, cancellationToken))).ConfigureAwait(false);
    }

    /// <summary>
    /// Tells what <see cref="MigrateAsync(DataOptions, IProgress{string}, CancellationToken)"/> would do now, and does nothing: it reads, takes no lock, and waits for no run that is on its way. The
    /// schema <c>wbd</c> and the table that records steps are made before the first step and are not listed.
    /// </summary>
    /// <param name="options">The settings.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The steps in the order in which they would be applied, shard by shard; empty if all databases are up to date.</returns>
    /// <exception cref="OptionsValidationException">A setting is missing, malformed or out of range.</exception>
    /// <exception cref="StoreFailureException">
    /// A shard has no primary or several, or a step was applied in another form. Other failures are the driver's own <see cref="Npgsql.NpgsqlException"/>.
    /// </exception>
    public static async Task<IReadOnlyList<PendingMigration>> GetPendingMigrationsAsync(DataOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ClientComposition.Validate(options);
        var pending = await Task.WhenAll(options.Shards.Select(shard => PendingAsync(shard, cancellationToken))).ConfigureAwait(false);
        return [.. pending.SelectMany(static steps => steps)];
    }

    /// <summary>
    /// Compares the databases of all configured shards with what this version and some maps need, as a client does by itself
    /// (<see cref="DataOptions.SchemaDrift"/>), for a deployment that should stop before a client starts. Reads catalogs only, and changes nothing.
    /// </summary>
    /// <param name="options">The settings.</param>
    /// <param name="entities">Registers entities as for <see cref="Create"/>; none by default, so that only migrations are compared.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>
    /// What differs, shard by shard; empty if nothing does. Migrations of a newer version are no difference. That a value may be null in the table
    /// and not in the map isn't found, nor what triggers, checks or rights forbid.
    /// </returns>
    /// <exception cref="OptionsValidationException">A setting is missing, malformed or out of range.</exception>
    /// <exception cref="ArgumentException">An entity is registered twice.</exception>
    /// <exception cref="InvalidOperationException">No configured shard holds the data of some map.</exception>
    /// <exception cref="StoreFailureException">A shard has no primary or several. Other failures are the driver's own <see cref="Npgsql.NpgsqlException"/>.</exception>
    /// <remarks>Run it as the role that the application runs as: its search path decides which tables are meant. Connections are made with the endpoints' connection strings as they are.</remarks>
    public static async Task<IReadOnlyList<SchemaFinding>> FindSchemaDriftAsync(
        DataOptions options, Action<EntityRegistry>? entities = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ClientComposition.Validate(options);
        var registry = new EntityRegistry();
        entities?.Invoke(registry);
        SchemaNeeds.RequirePlaces(options, registry);
        var found = await Task.WhenAll(options.Shards.Select(shard => DriftAsync(shard, SchemaNeeds.Of(shard, options, registry), cancellationToken))).ConfigureAwait(false);
        return [.. found.SelectMany(static findings => findings)];
    }

    /// <summary>
    /// Completes when every shard has a primary that takes writes. It waits without limit, also on a client that is disposed: pass a token
    /// with a timeout. Replicas may still be unknown then.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken = default)
    {
        while (!Array.TrueForAll(_tier.Engines, static engine => engine.Topology.IsWritable))
        {
            // Shard by shard: each change of any of them would otherwise look at all of them.
            foreach (var engine in _tier.Engines)
            {
                await UntilWritableAsync(engine, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public IDataSession OpenSession(SessionToken resume = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new DataSession(_tier, _entities, new SessionState(_keys.Admit(resume)), _keys, Directory);
    }

    /// <summary>
    /// Stops watching and closes all connections. Operations on their way, and new ones of sessions that are open, fail when their time is
    /// up. Disposing again does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await Task.WhenAll(_tier.Engines.Select(static engine => engine.Monitor.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(_tier.Engines.Select(static engine => engine.Sweeper?.DisposeAsync().AsTask() ?? Task.CompletedTask)).ConfigureAwait(false);
        await Task.WhenAll(_tier.Engines.Select(static engine => engine.Schema?.DisposeAsync().AsTask() ?? Task.CompletedTask)).ConfigureAwait(false);
        foreach (var node in _tier.Engines.SelectMany(static engine => engine.Shard.Nodes))
        {
            await node.Store.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task UntilWritableAsync(ShardEngine engine, CancellationToken cancellationToken)
    {
        while (true)
        {
            var replaced = engine.Board.ReplacedOf(engine.Shard.Index);
            if (engine.Topology.IsWritable)
            {
                return;
            }

            await EngineRuntime.WaitAsync(replaced, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<SchemaFinding>> DriftAsync(ShardOptions shard, SchemaExpectations expected, CancellationToken cancellationToken)
    {
        var primary = await PrimaryFinder.FindAsync(shard, cancellationToken).ConfigureAwait(false);
        await using (primary.ConfigureAwait(false))
        {
            var connection = await primary.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var facts = await SchemaReader.ReadAsync(connection, expected.Tables, cancellationToken).ConfigureAwait(false);
                return SchemaDrift.Find(facts, expected).Findings;
            }
        }
    }

    private static async Task<IEnumerable<PendingMigration>> PendingAsync(ShardOptions shard, CancellationToken cancellationToken)
    {
        var primary = await PrimaryFinder.FindAsync(shard, cancellationToken).ConfigureAwait(false);
        await using (primary.ConfigureAwait(false))
        {
            var pending = await PostgresMigrator.PendingAsync(primary, cancellationToken).ConfigureAwait(false);
            return pending.Select(step => new PendingMigration(shard.Name, step.Name, step.Sql));
        }
    }

    private static async Task MigrateAsync(ShardOptions shard, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var primary = await PrimaryFinder.FindAsync(shard, cancellationToken).ConfigureAwait(false);
        await using (primary.ConfigureAwait(false))
        {
            await PostgresMigrator.ApplyAsync(primary, step => progress?.Report($"{shard.Name}: {step}"), cancellationToken).ConfigureAwait(false);
        }
    }
}
