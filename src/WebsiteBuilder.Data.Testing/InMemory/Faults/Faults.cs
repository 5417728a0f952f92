using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.InMemory;

/// <summary>Puts faults into the engine's words, as the PostgreSQL store would.</summary>
internal static class Faults
{
    public static StoreFaultException Of(InMemoryFault fault, InMemoryOperations operation) => fault switch
    {
        InMemoryFault.Unreachable => Make(StoreFaultKind.Unreachable, WriteDisposition.NotApplied),
        InMemoryFault.Interrupted or InMemoryFault.AnswerLost => Lost(operation),
        InMemoryFault.Timeout => Make(StoreFaultKind.Timeout, WriteDisposition.NotApplied),
        InMemoryFault.Throttled => Make(StoreFaultKind.Throttled, WriteDisposition.NotApplied),
        InMemoryFault.WrongRole => Make(StoreFaultKind.WrongRole, WriteDisposition.NotApplied),
        InMemoryFault.Serialization => new StoreFaultException(StoreFaultKind.Conflict, WriteDisposition.NotApplied, "Asked for.")
        {
            Code = "40001",
            Conflict = ConflictKind.Serialization,
        },
        InMemoryFault.Rejected => Make(StoreFaultKind.Rejected, WriteDisposition.NotApplied),
        _ => Make(StoreFaultKind.Unknown, Unclear(operation)),
    };

    /// <summary>The connection went away while something was on its way.</summary>
    public static StoreFaultException Lost(InMemoryOperations operation) => Make(StoreFaultKind.Interrupted, Unclear(operation));

    public static StoreFaultException Cancelled(InMemoryOperations operation, bool sent) =>
        Make(StoreFaultKind.Cancelled, sent ? Unclear(operation) : WriteDisposition.NotApplied);

    public static StoreFaultException WrongRole() => Make(StoreFaultKind.WrongRole, WriteDisposition.NotApplied);

    private static WriteDisposition Unclear(InMemoryOperations operation) =>
        operation == InMemoryOperations.Writes ? WriteDisposition.Ambiguous : WriteDisposition.NotApplied;

    private static StoreFaultException Make(StoreFaultKind kind, WriteDisposition disposition) =>
        new(kind, disposition, "The simulated node failed or refused.");
}
