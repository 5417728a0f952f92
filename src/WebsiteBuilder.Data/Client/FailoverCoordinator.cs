using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql.Failover;

namespace WebsiteBuilder.Data;

/// <summary>
/// Promotes a standby of one shard when its primary is gone, for clusters that nothing else does it for. Opt-in: nothing makes one by itself. Clients follow by
/// themselves and need not know of it. Run two or three, in different regions; only one acts at a time. Thread-safe.
/// </summary>
/// <remarks>
/// <para>It never promotes unless it is sure that all that was acknowledged at <see cref="WriteDurability.RemoteFlush"/> or above is kept, and says why not; unless told to
/// accept a loss. Weaker writes may be lost, and clients report that. Two primaries never both acknowledge writes that wait for standbys, also while
/// coordinators stand still, networks are parted, and old primaries come back.</para>
/// <para>It can't see what it isn't told: a primary whose <c>synchronous_standby_names</c> was another one while no coordinator watched, or standbys that are attached by
/// hand in the middle of a failover, void these promises. docs/failover.md has the reasons, the rights of its role, and what to do by hand.</para>
/// </remarks>
public sealed class FailoverCoordinator : IAsyncDisposable
{
    private readonly CoordinatorLoop _loop;
    private readonly EngineRuntime _runtime;
    private readonly IReadOnlyList<IFailoverNode> _nodes;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private bool _isStarted;
    private bool _isDisposed;

    internal FailoverCoordinator(
        FailoverPolicy policy,
        IReadOnlyList<IFailoverNode> nodes,
        EngineRuntime runtime,
        ILogger logger,
        bool dryRun,
        INodeOperator? nodeOperator = null,
        INodeMetrics? metrics = null,
        IProgress<FailoverRecord>? audit = null)
    {
        _runtime = runtime;
        _nodes = nodes;
        _loop = new CoordinatorLoop(new FailoverContext(policy, nodes, runtime, logger, audit, nodeOperator), metrics, dryRun);
    }

    /// <summary>Makes a coordinator, which does nothing before <see cref="Start"/>.</summary>
    /// <param name="data">The settings of the client; the coordinator uses those of its shard.</param>
    /// <param name="failover">Its own settings.</param>
    /// <param name="nodeOperator">Reaches the hosts; null if nothing does: then nodes that need a rewind are left fenced and alone.</param>
    /// <param name="metrics">Knows how much of the machines is in use; null if nothing does.</param>
    /// <param name="audit">
    /// The audit log: told everything that is done or refused, in order, from within the work; what it throws breaks that off. The same goes to the logger, as events
    /// 20 to 23. Null for nobody.
    /// </param>
    /// <param name="loggers">Where to log; nowhere by default.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">A setting is missing, malformed or out of range; all problems are named.</exception>
    public static FailoverCoordinator Create(
        DataOptions data,
        FailoverOptions failover,
        INodeOperator? nodeOperator = null,
        INodeMetrics? metrics = null,
        IProgress<FailoverRecord>? audit = null,
        ILoggerFactory? loggers = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(failover);
        var (shard, policy) = FailoverOptionsValidator.Read(data, failover, nodeOperator is not null);
        var runtime = new EngineRuntime(time ?? TimeProvider.System, new Random());
        IFailoverNode[] nodes = [.. failover.Members.Select(member => new PostgresFailoverNode(
            member.Name, shard.Number!.Value, FailoverOptionsValidator.ConnectionString(shard, member), policy.CheckTimeout, runtime))];
        return new FailoverCoordinator(
            policy, nodes, runtime, (loggers ?? NullLoggerFactory.Instance).CreateLogger("WebsiteBuilder.Data.Failover"), failover.DryRun, nodeOperator, metrics, audit);
    }

    /// <summary>Begins to watch, and to act where the settings say so. Starting again does nothing.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Start()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_isStarted)
            {
                _isStarted = true;
                _running = _runtime.Start(() => _loop.RunAsync(_stop.Token));
            }
        }
    }

    /// <summary>
    /// Promotes now, without waiting for failed checks and whatever <see cref="FailoverRecoveryOptions.AutoPromote"/> says; everything else is checked as always: a primary that
    /// answers isn't replaced. Waits for what is going on at this coordinator already. With <see cref="FailoverOptions.DryRun"/> it only tells.
    /// </summary>
    /// <param name="cancellationToken">Stops between steps. A standby that was detached stays so until a later check attaches it.</param>
    /// <returns>Why nobody was promoted; <see cref="FailoverRefusal.None"/> if somebody was, or would have been.</returns>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public async Task<FailoverRefusal> PromoteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var (refusal, _) = await _loop.PromoteNowAsync(cancellationToken).ConfigureAwait(false);
        return refusal;
    }

    /// <summary>Stops watching. A failover on its way is broken off between two of its steps, and its votes are given back. Disposing again does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        await _runtime.CancelAsync(_stop).ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var node in _nodes)
        {
            await node.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }
}
