using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>Whose rows a call was told of: those that it got, or the one that couldn't be read.</summary>
/// <param name="Operation">The index of the call in the history.</param>
/// <param name="Asked">The keys that it asked for.</param>
/// <param name="Told">The keys that the rows themselves name.</param>
internal readonly record struct RowsTold(int Operation, IReadOnlyList<int> Asked, IReadOnlyList<int> Told);

/// <summary>Finds callers who got somebody else's row, or were failed by it. Pure.</summary>
internal static class OwnRowsJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations.</param>
    /// <param name="told">What they were told.</param>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, IReadOnlyList<RowsTold> told) =>
    [
        .. from call in told
           from key in call.Told
           where !call.Asked.Contains(key)
           select new Violation
           {
               Judge = nameof(OwnRowsJudge),
               Operation = call.Operation,
               Key = key,
               Explanation = $"{history[call.Operation]}: was told of the row of key {key}, which it hadn't asked for",
           },
    ];
}
