using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The part that tells the caller what went wrong.</summary>
internal sealed partial class ReadExecution<TOperation, TResult>
{
    private static ConsistencyNotMetException Unconfirmed(TOperation operation, in StoreWrite barrier) =>
        new(
            "No synchronous standby confirmed the barrier of the read: the primary has none, or stopped waiting for them. Configure synchronous standbys, or read without a barrier.",
            ConsistencyLevel.Strong,
            barrier.Position,
            0)
        {
            Disposition = WriteDisposition.NotApplied,
            Operation = operation.Name,
        };

    private InvalidSessionTokenException UnknownHistory() =>
        new("The session token names a history of the shard's log that nobody knows: the database was made anew, or the token is for another one. Open a new session.")
        {
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
        };

    private InvalidSessionTokenException BeyondLog(ShardNode node) =>
        new("The session token requires a position that the shard's log hasn't reached: it is forged, or a crash took back writes that were acknowledged before they were durable. Open a new session.")
        {
            Shard = engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = operation.Name,
        };

    private StoreFailureException Refused(StoreFaultException fault, ShardNode node) =>
        new(fault.Advice ?? "The store refused the read; the inner error says why.", fault.InnerException ?? fault)
        {
            Code = fault.Code,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = operation.Name,
            Attempts = _attempts,
        };

    private DataTierException Expired(ShardTopology topology)
    {
        var shard = engine.Shard.Definition.Id;
        if (_someoneWasBehind)
        {
            return new ConsistencyNotMetException(
                "No node proved in time what the read requires. Allow more time, a lower level, or find out why replicas are behind and the primary isn't reachable.",
                intent.Level,
                _required,
                _bestSeen)
            {
                IsTransient = true,
                Disposition = WriteDisposition.NotApplied,
                MaxStaleness = intent.Level == ConsistencyLevel.BoundedStaleness ? intent.MaxStaleness : null,
                BestAge = _bestAge,
                Shard = shard,
                Region = _lastRegion,
                Operation = operation.Name,
                Attempts = _attempts,
            };
        }

        if (_attempts == 0)
        {
            return NobodyMayAnswer(topology);
        }

        if (_throttling is not null && !_metMoreThanThrottling)
        {
            return new ThrottledException("No node had room for the read in time: its connections were taken, or it was out of something. Try again later, or lower the load.", _throttling)
            {
                IsTransient = true,
                Disposition = WriteDisposition.NotApplied,
                Shard = shard,
                Region = _lastRegion,
                Operation = operation.Name,
                Attempts = _attempts,
            };
        }

        return new DeadlineExceededException("No node answered in time.", _lastFault)
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = shard,
            Region = _lastRegion,
            Operation = operation.Name,
            Attempts = _attempts,
        };
    }

    private NoEligibleRegionException NobodyMayAnswer(ShardTopology topology) =>
        new(
            "No endpoint may answer this read; the counts say why.", Eligibility.Excluded(topology, intent.Level, intent.Only, intent.Nodes, intent.Labels))
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
        };
}
