using System.Globalization;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>A time in which two nodes took themselves for the primary of one timeline, and every client could reach both.</summary>
/// <param name="Shard">The shard's number.</param>
/// <param name="One">The branch of one.</param>
/// <param name="Other">The branch of the other.</param>
/// <param name="From">When both had been promoted.</param>
/// <param name="To">When the first of them yielded, or was gone.</param>
internal readonly record struct Twins(int Shard, int One, int Other, TimeSpan From, TimeSpan To);

/// <summary>Finds writes that one of two twins acknowledged although clients had had the time to notice that there were two. Pure.</summary>
internal static class TwinsJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations.</param>
    /// <param name="twins">When there were two.</param>
    /// <param name="within">How long clients may take to notice.</param>
    /// <returns>The writes, in the order of the history.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, IReadOnlyList<Twins> twins, TimeSpan within)
    {
        var found = new List<Violation>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Kind: OperationKind.Write, Succeeded: true, Acknowledged: true } write && twins.Any(IsBetween))
            {
                found.Add(new Violation
                {
                    Judge = nameof(TwinsJudge),
                    Operation = i,
                    Explanation = string.Create(
                        CultureInfo.InvariantCulture, $"{write}: acknowledged by branch {write.History}, which had had a twin for longer than {within.TotalSeconds} s when it was sent"),
                });
            }

            bool IsBetween(Twins pair) => pair.Shard == history[i].Shard && (history[i].History == pair.One || history[i].History == pair.Other)
                && history[i].Invoked > pair.From + within && history[i].Completed <= pair.To;
        }

        return found;
    }
}
