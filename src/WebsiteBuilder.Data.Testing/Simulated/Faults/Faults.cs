using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Puts faults into the engine's words, as the PostgreSQL store would.</summary>
internal static class Faults
{
    public static StoreFaultException Of(SimulatedFault fault, SimulatedOperations operation) => fault switch
    {
        SimulatedFault.Unreachable => Make(StoreFaultKind.Unreachable, WriteDisposition.NotApplied),
        SimulatedFault.Interrupted or SimulatedFault.AnswerLost or SimulatedFault.Crash => Lost(operation),
        SimulatedFault.Timeout => Make(StoreFaultKind.Timeout, WriteDisposition.NotApplied),
        SimulatedFault.Throttled => Make(StoreFaultKind.Throttled, WriteDisposition.NotApplied),
        SimulatedFault.WrongRole => Make(StoreFaultKind.WrongRole, WriteDisposition.NotApplied),
        SimulatedFault.Serialization => Contradicted("40001"),
        SimulatedFault.ReplayConflict => ReplayConflict(),
        SimulatedFault.Rejected => Make(StoreFaultKind.Rejected, WriteDisposition.NotApplied),
        _ => Make(StoreFaultKind.Unknown, Unclear(operation)),
    };

    /// <summary>A concurrent transaction contradicted this one.</summary>
    public static StoreFaultException Contradicted(string code) =>
        new(StoreFaultKind.Conflict, WriteDisposition.NotApplied, "A concurrent transaction is in the way.") { Code = code, Conflict = ConflictKind.Serialization };

    /// <summary>The connection went away while something was on its way.</summary>
    public static StoreFaultException Lost(SimulatedOperations operation) => Make(StoreFaultKind.Interrupted, Unclear(operation));

    public static StoreFaultException Cancelled(SimulatedOperations operation, bool sent) =>
        Make(StoreFaultKind.Cancelled, sent ? Unclear(operation) : WriteDisposition.NotApplied);

    /// <summary>The server was asked to stop a write that waited for another one's row.</summary>
    public static StoreFaultException CancelledWhileWaiting() =>
        new(StoreFaultKind.Timeout, WriteDisposition.NotApplied, "The simulated node cancelled the statement.") { Code = "57014" };

    /// <summary>A replica cancelled a read that was in the way of replay, which says nothing against the node.</summary>
    public static StoreFaultException ReplayConflict() =>
        new(StoreFaultKind.Throttled, WriteDisposition.NotApplied, "The simulated node cancelled the read for replay.") { Code = "40001" };

    public static StoreFaultException WrongRole() => Make(StoreFaultKind.WrongRole, WriteDisposition.NotApplied);

    /// <summary>The write's attempt or its idempotency key has a row already.</summary>
    public static StoreFaultException OperationKnown() =>
        new(StoreFaultKind.OperationKnown, WriteDisposition.NotApplied, "The operation is known.") { Code = "23505" };

    private static WriteDisposition Unclear(SimulatedOperations operation) =>
        operation == SimulatedOperations.Writes ? WriteDisposition.Ambiguous : WriteDisposition.NotApplied;

    private static StoreFaultException Make(StoreFaultKind kind, WriteDisposition disposition) =>
        new(kind, disposition, "The simulated node failed or refused.");
}
