using Microsoft.Extensions.Logging.Abstractions;
using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql.Failover;

namespace WebsiteBuilder.Data;

/// <summary>
/// Foretells what would happen if a region went now: whom its shards would be promoted to, what they would lose, how long writes would stand still, and which sessions would feel it.
/// </summary>
/// <remarks>
/// <para>
/// It asks all nodes what a <see cref="FailoverCoordinator"/> asks them, about twenty times while it watches, and applies the rules that a coordinator applies to what would be left. It changes
/// nothing anywhere. The role needs <c>pg_monitor</c> and REPLICATION.
/// </para>
/// <para>
/// What it says holds for the moment: a standby that is level now may lag in a minute. So it foretells, and proves nothing; a drill that is really done, such as
/// <c>LocalCluster.DrillAsync</c>, does. Thread-safe.
/// </para>
/// </remarks>
public sealed class DataDrill : IAsyncDisposable
{
    private readonly EngineRuntime _runtime;
    private readonly IReadOnlyList<Watched> _shards;

    private DataDrill(EngineRuntime runtime, IReadOnlyList<Watched> shards)
    {
        _runtime = runtime;
        _shards = shards;
    }

    /// <summary>Makes one. Nothing is connected to yet.</summary>
    /// <param name="data">The shards and their endpoints. Copied.</param>
    /// <param name="failover">
    /// The settings of the coordinators that run, at most one for each shard, with the same <see cref="FailoverMemberOptions.ConnectionString"/>s or without. Of a shard without settings only what would be lost
    /// is told: nobody is known to promote there.
    /// </param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Settings are missing or don't fit together; all problems are named.</exception>
    /// <exception cref="ArgumentException">Two settings are for one shard.</exception>
    public static DataDrill Create(DataOptions data, IEnumerable<FailoverOptions>? failover = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var runtime = new EngineRuntime(time ?? TimeProvider.System, new Random());
        var known = new Dictionary<string, FailoverOptions>(StringComparer.Ordinal);
        foreach (var settings in failover ?? [])
        {
            if (!known.TryAdd(settings.Shard, settings))
            {
                throw new ArgumentException("There are two settings for one shard.", nameof(failover));
            }
        }

        // Settings that name no shard are told as such.
        foreach (var settings in known.Values)
        {
            FailoverOptionsValidator.Read(data, settings, hasOperator: true);
        }

        ClientComposition.Validate(data);
        return new DataDrill(runtime, [.. data.Shards.Select(shard => Watch(data, shard, known.GetValueOrDefault(shard.Name), runtime))]);
    }

    /// <summary>Watches all shards for a while, and says what would become of them without a region.</summary>
    /// <param name="region">The region that would be gone, with all its nodes. One without nodes is no mistake: nothing would happen.</param>
    /// <param name="watch">How long to watch: 100 ms to 10 minutes. Default: 2 s. Lags beyond it can't be told as time, and commits are counted the better the longer.</param>
    /// <param name="sessions">Tokens of sessions to tell the fate of, such as those that were last given out. Default: none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="watch"/> is out of range.</exception>
    public async Task<DrillReport> PredictAsync(
        RegionId region, TimeSpan? watch = null, IReadOnlyCollection<SessionToken>? sessions = null, CancellationToken cancellationToken = default)
    {
        var span = watch ?? TimeSpan.FromSeconds(2);
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(100), nameof(watch));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(span, TimeSpan.FromMinutes(10), nameof(watch));
        var seen = await Task.WhenAll(_shards.Select(async shard => (Shard: shard, Sight: await shard.Watch.RunAsync(span, cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
        var known = seen.Select(static shard => shard.Shard.KnownBy(shard.Sight)).ToArray();
        var fates = (sessions ?? []).Select(token => Fate(token, region, known)).ToArray();
        return new DrillReport(
            region,
            _runtime.Time.GetUtcNow(),
            [.. known.Select(shard => DrillRules.Predict(shard.Policy, region, shard.Sight, shard.IsCoordinated))],
            new SessionDrill(Count(SessionFate.Unaffected), Count(SessionFate.Blocked), Count(SessionFate.ToldOfLoss)));

        int Count(SessionFate fate) => fates.Count(one => one == fate);
    }

    /// <summary>Closes its connections.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _shards.SelectMany(static shard => shard.Nodes))
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static SessionFate Fate(SessionToken token, RegionId region, IReadOnlyList<Known> shards)
    {
        var worst = SessionFate.Unaffected;
        foreach (var floor in token.Floors)
        {
            foreach (var shard in shards)
            {
                if (floor.Shard == new ShardId(StoreKind.PostgreSql, shard.Number) && DrillRules.FateOf(shard.Policy, region, shard.Sight, floor.History, floor.Highest) is var fate && fate > worst)
                {
                    worst = fate;
                }
            }
        }

        return worst;
    }

    private static Watched Watch(DataOptions data, ShardOptions shard, FailoverOptions? failover, EngineRuntime runtime)
    {
        var settings = failover ?? Uncoordinated(shard);
        var policy = FailoverOptionsValidator.Policy(shard, settings);
        IFailoverNode[] nodes = [.. settings.Members.Select(member => new PostgresFailoverNode(
            member.Name, shard.Number!.Value, FailoverOptionsValidator.ConnectionString(shard, member), policy.CheckTimeout, runtime))];
        return new Watched(shard.Number!.Value, policy, failover is not null, nodes, new DrillWatch(new FailoverContext(policy, nodes, runtime, NullLogger.Instance, null, null)));
    }

    private static FailoverOptions Uncoordinated(ShardOptions shard)
    {
        var settings = new FailoverOptions { Shard = shard.Name };
        foreach (var endpoint in shard.Endpoints)
        {
            settings.Members.Add(new FailoverMemberOptions { Name = endpoint.Name });
        }

        return settings;
    }

    private sealed record Watched(int Number, FailoverPolicy Policy, bool IsCoordinated, IReadOnlyList<IFailoverNode> Nodes, DrillWatch Watch)
    {
        /// <summary>Where nobody says how many standbys a commit waits for, the primary does.</summary>
        public Known KnownBy(DrillSight sight) => new(
            Number,
            IsCoordinated ? Policy : Policy with { Required = PromotionRules.Primary(sight.Sights)?.Standing?.Rule?.Required ?? 0 },
            IsCoordinated,
            sight);
    }

    private sealed record Known(int Number, FailoverPolicy Policy, bool IsCoordinated, DrillSight Sight);
}
