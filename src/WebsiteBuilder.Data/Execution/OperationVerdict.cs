using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>What an operation row means for the write that asked for it.</summary>
internal enum OperationVerdict
{
    /// <summary>There is no row, so nothing was applied under this id so far.</summary>
    Nothing = 0,

    /// <summary>Applied; the row has the version.</summary>
    Applied = 1,

    /// <summary>What was stored contradicted the write.</summary>
    Refused = 2,

    /// <summary>It never was and never will be applied.</summary>
    NeverApplied = 3,

    /// <summary>The idempotency key was used for something else.</summary>
    KeyReused = 4,
}

/// <summary>Judges operation rows. Pure.</summary>
internal static class OperationVerdicts
{
    /// <summary>Judges a row.</summary>
    /// <param name="stored">The row.</param>
    /// <param name="request">What is asked for, if the row was looked up by an idempotency key.</param>
    public static OperationVerdict Of(in StoredOperation stored, Guid? request) => stored.Outcome switch
    {
        OperationOutcome.None => OperationVerdict.Nothing,
        _ when stored.Request != request => OperationVerdict.KeyReused,
        OperationOutcome.Applied => OperationVerdict.Applied,
        OperationOutcome.Abandoned => OperationVerdict.NeverApplied,
        _ => OperationVerdict.Refused,
    };

    public static ConflictKind ConflictOf(OperationOutcome outcome) =>
        outcome == OperationOutcome.VersionMismatch ? ConflictKind.VersionMismatch : ConflictKind.NotFound;
}
