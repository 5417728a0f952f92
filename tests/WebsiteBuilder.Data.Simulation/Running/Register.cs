using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>
/// Keys as registers: strong reads behind a barrier and all writes. A write whose outcome isn't known, or that no quorum confirmed, may take effect at
/// any time or never.
/// </summary>
internal static class Register
{
    public static IReadOnlyList<RegisterOperation> Of(Transcript history) => [.. history.Calls.SelectMany(Operations)];

    private static IEnumerable<RegisterOperation> Operations(Call call)
    {
        if (call is { Kind: OperationKind.Read, Succeeded: true, Step: { Level: ConsistencyLevel.Strong, Barrier: true } })
        {
            return call.Keys.Select((key, i) => Operation(call, RegisterAction.Read, key, call.Values[i], call.Completed));
        }

        var hadNoEffect = call.Error is DataTierException { Disposition: WriteDisposition.NotApplied };
        return call.Kind == OperationKind.Write && !hadNoEffect
            ? [Operation(call, RegisterAction.Write, call.Keys[0], call.Values[0], IsConfirmed(call) ? call.Completed : null)]
            : [];
    }

    private static bool IsConfirmed(Call call) => call.Succeeded && call.Reached >= WriteDurability.RemoteFlush;

    private static RegisterOperation Operation(Call call, RegisterAction action, int key, long? value, TimeSpan? completed) =>
        new() { Key = key, Process = call.Process, Action = action, Value = value, Invoked = call.Invoked, Completed = completed };
}
