using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>One node as one coordinator sees it: messages there and back, over the same links as everybody's.</summary>
internal sealed class SimulatedFailoverNode(SimulatedCluster cluster, SimulatedShard shard, SimulatedNode node, RegionId coordinator, ProcessPause process) : IFailoverNode
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SimulatedNetwork _network = cluster.Network;
    private readonly Way _there = new(cluster.Network.Between(coordinator, node.Region), node);
    private readonly Way _back = new(cluster.Network.Between(node.Region, coordinator), node);

    public string Name => node.Name;

    /// <summary>Clocks of nodes have nothing to do with each other.</summary>
    private DateTimeOffset Clock => Epoch + shard.Now + TimeSpan.FromMinutes(node.Name.Length * 7);

    public Task<NodeStanding> ObserveAsync(CancellationToken cancellationToken) => AskAsync(Observe, cancellationToken);

    public async Task<INodeVote?> TryTakeVoteAsync(TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var session = new Vote(this);
        var isTaken = await AskAsync(
            () =>
            {
                session.Incarnation = node.Incarnation;
                return node.Vote.TryTake(session, lifetime, shard.Now, node.Incarnation);
            },
            cancellationToken).ConfigureAwait(false);
        return isTaken ? session : null;
    }

    public Task<bool> FenceAsync(HistoryId history, CancellationToken cancellationToken) => AskAsync(() => SetFence(history, isFenced: true), cancellationToken);

    public Task<bool> UnfenceAsync(HistoryId history, CancellationToken cancellationToken) => AskAsync(() => SetFence(history, isFenced: false), cancellationToken);

    public Task WelcomeAsync(IReadOnlyList<string> standbys, CancellationToken cancellationToken) => AskAsync(() => true, cancellationToken);

    public Task CheckpointAsync(CancellationToken cancellationToken) => AskAsync(() => true, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private NodeStanding Observe()
    {
        LogHistory? history = null;
        if (node.IsPrimary)
        {
            shard.NameHistory(node);
        }

        lock (shard.Lock)
        {
            try
            {
                history = NodeLooks.History(node, shard.Now).History;
            }
            catch (StoreFaultException)
            {
                // It doesn't know yet.
            }

            var names = shard.Confirmation.Standbys;
            return new NodeStanding(node.IsPrimary, history, node.IsPrimary ? node.Log.Flushed : node.Replay.Received)
            {
                Replayed = node.IsPrimary ? null : node.Replay.Replayed,
                IsStreaming = node.IsReceiving(shard.Now),
                SilentFor = node.IsReceiving(shard.Now) ? node.SilentFor(shard.Now) : null,
                IsDetached = !node.IsPrimary && node.Source is null,
                IsFenced = node.IsFenced,
                Followers = [.. shard.Nodes.Where(other => other.Source == node && other.IsUp && other.IsReceiving(shard.Now)).Select(static other => other.Name)],
                Rule = new AcknowledgementRule(names.RequiredFor(node), [.. names.Names.Where(name => name != node.Name)]),
            };
        }
    }

    private bool SetFence(HistoryId history, bool isFenced)
    {
        lock (shard.Lock)
        {
            if (!node.IsPrimary || node.Log.History?.Id != history)
            {
                return false;
            }
        }

        shard.Change(() => node.SetFence(isFenced));
        return true;
    }

    /// <summary>What was sent is carried out, however late, and whether or not anybody still waits for it.</summary>
    private async Task<T> AskAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await process.PassAsync().ConfigureAwait(false);
        var served = ServeAsync(work);
        try
        {
            return await served.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = served.ContinueWith(static left => left.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw Faults.Cancelled(SimulatedOperations.Probes, sent: true);
        }
        finally
        {
            await process.PassAsync().ConfigureAwait(false);
        }
    }

    private async Task<T> ServeAsync<T>(Func<T> work)
    {
        if (await _network.SendAsync(_there).ConfigureAwait(false) is not (Passage.Arrived or Passage.ResetAfter))
        {
            throw Faults.Lost(SimulatedOperations.Probes);
        }

        node.Arrivals.Note(SimulatedOperations.Probes);
        await node.Arrivals.AdmitAsync(SimulatedOperations.Probes).ConfigureAwait(false);
        var answer = work();
        await shard.PauseAsync().ConfigureAwait(false);
        return await _network.SendAsync(_back).ConfigureAwait(false) == Passage.Arrived ? answer : throw Faults.Lost(SimulatedOperations.Probes);
    }

    /// <summary>The session that holds the node's vote.</summary>
    private sealed class Vote(SimulatedFailoverNode owner) : INodeVote
    {
        private readonly SimulatedShard _shard = owner.ShardOf;
        private readonly SimulatedNode _node = owner.NodeOf;

        public long Incarnation { get; set; }

        public Task<DateTimeOffset> RenewAsync(CancellationToken cancellationToken) => UseAsync(() => owner.Clock, cancellationToken);

        public Task<NodeStanding> ObserveAsync(CancellationToken cancellationToken) => UseAsync(owner.Observe, cancellationToken);

        public Task DetachAsync(CancellationToken cancellationToken) => ChangeAsync(
            () =>
            {
                if (!_node.IsPrimary)
                {
                    _node.Detach();
                }
            },
            cancellationToken);

        public Task AttachAsync(string connection, string slot, CancellationToken cancellationToken) =>
            ChangeAsync(() => _node.Attach(_shard[connection.Split(' ')[0]]), cancellationToken);

        public Task PrepareAsync(AcknowledgementRule rule, CancellationToken cancellationToken) => ChangeAsync(() => _node.SetFence(isFenced: false), cancellationToken);

        public Task<bool> TryPromoteAsync(DateTimeOffset notAfter, TimeSpan within, CancellationToken cancellationToken) => UseAsync(
            () =>
            {
                if (owner.Clock > notAfter || _node.IsPrimary)
                {
                    return false;
                }

                _shard.PromoteAlone(_node.Name);
                return true;
            },
            cancellationToken);

        public ValueTask DisposeAsync()
        {
            var released = owner.AskAsync(
                () =>
                {
                    _node.Vote.Release(this);
                    return true;
                },
                CancellationToken.None);
            _ = released.ContinueWith(static left => left.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return ValueTask.CompletedTask;
        }

        private Task<bool> ChangeAsync(Action change, CancellationToken cancellationToken) => UseAsync(
            () =>
            {
                _shard.Change(change);
                return true;
            },
            cancellationToken);

        private Task<T> UseAsync<T>(Func<T> work, CancellationToken cancellationToken) => owner.AskAsync(
            () =>
            {
                lock (_shard.Lock)
                {
                    if (!_node.Vote.Use(this, _shard.Now, _node.Incarnation))
                    {
                        throw Faults.Lost(SimulatedOperations.Probes);
                    }
                }

                return work();
            },
            cancellationToken);
    }

    private SimulatedShard ShardOf => shard;

    private SimulatedNode NodeOf => node;
}
