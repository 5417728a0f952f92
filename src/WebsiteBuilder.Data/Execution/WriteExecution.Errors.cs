using System.Runtime.ExceptionServices;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The part that tells the caller what went wrong.</summary>
internal sealed partial class WriteExecution<TOperation>
{
    private Exception Failure(ShardNode node, Exception exception)
    {
        if (exception is not StoreFaultException fault)
        {
            return Ambiguous(node, exception);
        }

        switch (fault.Kind)
        {
            case StoreFaultKind.Conflict:
                return Conflict(node, fault.Conflict, fault);
            case StoreFaultKind.BodyFailed:
                ExceptionDispatchInfo.Throw(fault.InnerException!);
                break;
            case StoreFaultKind.Throttled when fault.Disposition == WriteDisposition.NotApplied:
                return new ThrottledException("The primary has no room for another connection or operation. Try again later, or lower the load.", fault.InnerException)
                {
                    IsTransient = true,
                    Disposition = WriteDisposition.NotApplied,
                    Shard = engine.Shard.Definition.Id,
                    Region = node.Definition.Region,
                    Operation = operation.Name,
                    Attempts = _attempts,
                };
        }

        cancellationToken.ThrowIfCancellationRequested();
        return fault.Disposition == WriteDisposition.Ambiguous
            ? Ambiguous(node, fault)
            : new StoreFailureException(fault.Advice ?? "The store refused the write; the inner error says why.", fault.InnerException ?? fault)
            {
                Code = fault.Code,
                Disposition = fault.Disposition,
                Shard = engine.Shard.Definition.Id,
                Region = node.Definition.Region,
                Operation = fault.Statement ?? operation.Name,
                Attempts = _attempts,
            };
    }

    private StoreFailureException Lost(ShardNode node, Exception fault) =>
        new("The primary was lost or replaced before the commit; nothing was applied. Declare the unit of work replay-safe, if it is, to have it run again.", fault.InnerException ?? fault)
        {
            Code = (fault as StoreFaultException)?.Code,
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = operation.Name,
            Attempts = _attempts,
        };

    private ConflictException Conflict(ShardNode node, ConflictKind kind, StoreFaultException? fault) =>
        new(Describe(kind), kind, fault?.InnerException)
        {
            Constraint = fault?.Constraint,
            IsTransient = kind == ConflictKind.Serialization,
            Shard = engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = fault?.Statement ?? operation.Name,
            Attempts = _attempts,
        };

    private static string Describe(ConflictKind kind) => kind switch
    {
        ConflictKind.AlreadyExists => "The key, or another unique value, exists already.",
        ConflictKind.NotFound => "Nothing has the key.",
        ConflictKind.VersionMismatch => "The stored version is not the expected one: read again, and write on top of that.",
        ConflictKind.Serialization => "A concurrent transaction contradicts this one; the same call may succeed now.",
        ConflictKind.IdempotencyKeyReused => "The idempotency key was used for another write. Give each write a key of its own, and send it again unchanged.",
        _ => "A constraint of the schema forbids the write.",
    };

    private InvalidSessionTokenException UnknownHistory() =>
        new("The session token names a history of the shard's log that nobody knows: the database was made anew, or the token is for another one. Open a new session.")
        {
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
        };

    private DataTierException Expired(ShardTopology topology)
    {
        if (_attempts == 0)
        {
            return new NoEligibleRegionException(
                "The shard has no primary that may take writes; the counts say why.", Eligibility.Excluded(topology, ConsistencyLevel.Strong, default))
            {
                IsTransient = true,
                Disposition = WriteDisposition.NotApplied,
                Shard = engine.Shard.Definition.Id,
                Operation = operation.Name,
            };
        }

        return Late();
    }

    private ThrottledException Crowded() =>
        new("The shard has no primary that may take writes, and as many wait for one as may (Routing:MaxWaitingWrites). Try again later.", _lastFault)
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
            Attempts = _attempts,
        };

    private DeadlineExceededException Late() =>
        new("The primary took no write in time; nothing was applied.", _lastFault)
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
            Attempts = _attempts,
        };
}
