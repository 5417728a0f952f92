using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Watches one shard in the background: probes every node, samples the primary's position, and publishes what the rules make of it. No
/// user request ever waits for a probe of its own; requests that meet a surprise ask for one and wait for the next snapshot.
/// </summary>
internal sealed partial class ShardMonitor : INodeWatcher, IAsyncDisposable
{
    private static readonly TimeSpan MinProbeGap = TimeSpan.FromMilliseconds(30);

    private readonly LiveShard _shard;
    private readonly TopologyBoard _board;
    private readonly EngineRuntime _runtime;
    private readonly HealthPolicy _policy;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Signal _probeNow;
    private readonly FirstContacts _contacts;
    private readonly NodeClaims _claims;
    private readonly ClaimReader _reader;
    private readonly ShardPublisher _publish;
    private readonly SharedRounds _refreshes;
    private readonly NodeWatch _watch;
    private readonly TimeSpan[] _measureFrom;
    private Task?[] _firstTurns = [];
    private Task[] _loops = [];

    public ShardMonitor(LiveShard shard, TopologyBoard board, EngineRuntime runtime, HealthPolicy policy, FirstContacts contacts, ILogger logger)
    {
        _shard = shard;
        _board = board;
        _runtime = runtime;
        _policy = policy;
        _contacts = contacts;
        _logger = logger;
        _probeNow = new Signal(runtime);
        _claims = new NodeClaims(shard.Nodes.Length);
        _reader = new ClaimReader(shard, _claims, board, runtime, policy, logger);
        _publish = new ShardPublisher(shard, _claims, board, runtime, logger);
        _refreshes = new SharedRounds(() => Task.WhenAll(shard.Nodes.Select(node => runtime.Start(() => ProbeAsync(node, _stop.Token)))), _stop.Token);
        _watch = new NodeWatch(shard, board, runtime, policy, this);
        _measureFrom = new TimeSpan[shard.Nodes.Length];
    }

    /// <summary>Watches who promotes; null if nobody is asked. Disposed with the monitor.</summary>
    public EngineWatch? Engine { get; init; }

    public void Start()
    {
        var ranks = _contacts.RanksOf(_shard.Definition);
        _firstTurns = _contacts.LineUp(ranks, _stop.Token);
        _loops =
        [
            .. _shard.Nodes.Select((node, i) => _runtime.Start(() => Loop(ct => ProbeLoopAsync(node, ranks[i], ct)))),
            _runtime.Start(() => Loop(SampleLoopAsync)),
        ];
        if (Engine is { } engine)
        {
            _loops = [.. _loops, _runtime.Start(() => Loop(ct => engine.RunAsync(ProbeNow, ct)))];
        }
    }

    /// <summary>Asks for probes of all nodes now.</summary>
    public void ProbeNow() => _probeNow.Pulse();

    /// <summary>
    /// Probes all nodes and completes when each has answered or failed. Callers that overlap share a round, but never one that had begun before:
    /// its answers may be older than what the caller knows.
    /// </summary>
    public Task RefreshAsync() => _refreshes.RunAsync();

    public bool IsDisposed => _stop.IsCancellationRequested;

    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public void ThrowIfDisposed()
    {
        if (IsDisposed)
        {
            throw new ObjectDisposedException("DataClient", "The client that this session belongs to is disposed.");
        }
    }

    /// <summary>
    /// A node answered. Costs next to nothing while all is well. Of a node that is out of rotation it is no evidence, unless it is needed: what was asked of it earlier may only now be answered.
    /// </summary>
    public void Worked(ShardNode node)
    {
        node.Vitals.Spoke();
        if (node.Vitals.NeedsEvidence && (node.Vitals.Health != EndpointHealth.Unhealthy || IsPrimary(node)))
        {
            Saw(node, worked: true);
        }
    }

    /// <summary>Counts what live traffic shows of a node.</summary>
    public void Saw(ShardNode node, bool worked)
    {
        var before = node.Vitals.Health;
        var now = _runtime.Now;
        var health = worked ? node.Vitals.Succeeded(now, isNeeded: IsPrimary(node)) : node.Vitals.Failed(now);
        if (!worked)
        {
            ProbeNow();
        }

        if (health != before)
        {
            _publish.Health(node, health);
        }
    }

    /// <summary>Takes a sample of the primary's position right now; false when it can't be had.</summary>
    public async Task<bool> SampleAsync(CancellationToken cancellationToken)
    {
        var topology = _board[_shard.Index];
        if (topology.Primary < 0 || topology.History is not { } history)
        {
            return false;
        }

        var node = _shard.Nodes[topology.Primary];
        var askedAt = _runtime.Now;
        node.Vitals.ProbeBegan();
        try
        {
            var observation = await _runtime.WithinAsync(
                _policy.ProbeTimeout, node.Store, static (store, token) => store.SampleAsync(token), cancellationToken).ConfigureAwait(false);
            node.Vitals.Measured(_runtime.Now - askedAt);
            if (!observation.IsPrimary || observation.History != history.Id)
            {
                ProbeNow();
                return false;
            }

            _shard.Samples.Add(history.Id, askedAt, observation.Position, _runtime.Now);
            node.Vitals.AtPosition(observation.Position, _runtime.Now, TimeSpan.Zero);
            Worked(node);
            return true;
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (exception is not StoreFaultException { IsOwnLimit: true })
            {
                Saw(node, worked: false);
            }

            return false;
        }
        finally
        {
            node.Vitals.ProbeEnded();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _watch.Stop();
        await _runtime.CancelAsync(_stop).ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Engine?.Dispose();
        _stop.Dispose();
    }

    private bool IsPrimary(ShardNode node) => _board[_shard.Index].Primary == node.Definition.Index;

    private async Task Loop(Func<CancellationToken, Task> body)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await body(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Log.MonitorFailed(_logger, exception, _shard.Definition.Name);
                await _runtime.Delay(_policy.RecheckInterval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ProbeLoopAsync(ShardNode node, int rank, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = _probeNow.Next;
            await (node.Vitals.RoundTrip is null || HasTurn(node) ? MeetAsync(node, rank, cancellationToken) : ProbeAsync(node, cancellationToken)).ConfigureAwait(false);
            await PauseAsync(node, now, cancellationToken).ConfigureAwait(false);
            if (now.IsCompleted)
            {
                // Many requests may ask at once, and in trouble they ask again and again; one probe answers them all.
                await _runtime.Delay(_runtime.Jitter(MinProbeGap), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Until the next probe is due, or wanted now. Traffic may show meanwhile that the node is behind; then nobody asks it any more, and only
    /// a probe can show that it has caught up.
    /// </summary>
    private async Task PauseAsync(ShardNode node, Task now, CancellationToken cancellationToken)
    {
        var due = _runtime.Now + _runtime.Jitter(_policy.ProbeInterval);
        for (var left = due - _runtime.Now; left > TimeSpan.Zero && !now.IsCompleted; left = IsWell(node) ? due - _runtime.Now : TimeSpan.Zero)
        {
            var pause = _runtime.Jitter(_policy.RecheckInterval);
            await _runtime.PauseAsync(now, pause < left ? pause : left, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task SampleLoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _shard.AskedLately(_runtime.Now);
            var replaced = _board.ReplacedOf(_shard.Index);
            if (_board[_shard.Index].Primary < 0)
            {
                await EngineRuntime.WaitAsync(replaced, cancellationToken).ConfigureAwait(false);
                continue;
            }

            await SampleAsync(cancellationToken).ConfigureAwait(false);
            await _runtime.Delay(_runtime.Jitter(_policy.PositionSampleInterval), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether the node's role is known, in the current history unless it is left behind. A replica that hasn't replayed its history's name yet will soon have; one that stays on an older
    /// one may have been promoted beside the primary. One that can't name any is asked no more often for that: it costs a connection of its own.
    /// </summary>
    private bool IsSettled(ShardNode node)
    {
        var topology = _board[_shard.Index];
        return topology.Roles[node.Definition.Index] switch
        {
            EndpointRole.Unknown => false,
            EndpointRole.Superseded => true,
            _ => _claims[node.Definition.Index] is not { History.IsNone: false } claim || claim.History == topology.History?.Id,
        };
    }

    /// <summary>Whether a probe now and then is enough. Where nobody may write, any node's next word may end that.</summary>
    private bool IsWell(ShardNode node) =>
        _board[_shard.Index].State == ShardState.Writable && !node.Vitals.NeedsEvidence && node.Vitals.IsRoundTripSure && IsSettled(node) && !IsBehind(node);

    /// <summary>Whether a replica lags more than the samples' distance explains. How far is unknown until there was a sample to compare with.</summary>
    private bool IsBehind(ShardNode node)
    {
        var usual = _policy.PositionSampleInterval * 2;
        return _board[_shard.Index].Primary != node.Definition.Index && (node.Vitals.CatchUp > usual || !(node.Vitals.Lag <= usual));
    }

    private async Task<NodeObservation> ObserveAsync(ShardNode node, CancellationToken cancellationToken)
    {
        node.Vitals.ProbeBegan();
        try
        {
            return await _runtime.WithinAsync(
                _policy.ProbeTimeout, node.Store, static (store, token) => store.ObserveAsync(token), cancellationToken).ConfigureAwait(false);
        }
        catch (StoreFaultException fault) when (fault.Code is not null)
        {
            node.Vitals.Spoke();
            throw;
        }
        finally
        {
            node.Vitals.ProbeEnded();
        }
    }

    private async Task ProbeAsync(ShardNode node, CancellationToken cancellationToken)
    {
        var askedAt = _runtime.Now;
        var asked = _claims.Ask();
        try
        {
            var observation = await ObserveAsync(node, cancellationToken).ConfigureAwait(false);
            node.Vitals.Measured(_runtime.Now - askedAt);
            var (claim, problem) = await _reader.ReadAsync(node, observation, cancellationToken).ConfigureAwait(false);
            Saw(node, worked: true);
            _publish.Problem(node, problem);
            _publish.Claimed(node, claim, asked);
            _publish.Position(node, observation);
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.ProbeFailed(_logger, _shard.Definition.Name, node.Definition.Name, ShardPublisher.Reason(exception));
            if (exception is StoreFaultException { IsOwnLimit: true })
            {
                return;
            }

            var problem = (exception as StoreFaultException)?.Setup;
            _publish.Health(node, problem is null ? node.Vitals.Failed(_runtime.Now) : node.Vitals.Refuted(_runtime.Now));
            if (problem is not null)
            {
                _publish.Problem(node, problem);
            }
        }
    }
}
