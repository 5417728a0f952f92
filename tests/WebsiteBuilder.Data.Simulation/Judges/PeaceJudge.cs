using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>Why a call was answered by the node that answered it.</summary>
internal readonly record struct Route(int Operation, RouteReason Reason);

/// <summary>Finds reads that went elsewhere because a node had failed, although all are well: something else failed them, such as other callers who left. Pure.</summary>
internal static class PeaceJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations.</param>
    /// <param name="atPeace">Those that began when every fault had long been healed.</param>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, IEnumerable<Route> atPeace) =>
    [
        .. from route in atPeace
           where route.Reason.HasFlag(RouteReason.OtherFailed)
           select new Violation
           {
               Judge = nameof(PeaceJudge),
               Operation = route.Operation,
               Explanation = $"{history[route.Operation]}: was failed at first, and no node had a fault",
           },
    ];
}
