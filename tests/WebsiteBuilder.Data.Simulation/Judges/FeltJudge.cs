using System.Globalization;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>A time in which a node was no good, while another one in the same region was well.</summary>
/// <param name="From">Its beginning.</param>
/// <param name="To">Its end.</param>
/// <param name="MayBeFelt">How many reads may feel it.</param>
internal readonly record struct Ailment(TimeSpan From, TimeSpan To, int MayBeFelt);

/// <summary>Finds out whether callers felt more of nodes that were no good than what it takes to find them out. Pure.</summary>
internal static class FeltJudge
{
    /// <summary>What takes longer has felt something: the node that is well answers within milliseconds.</summary>
    public static readonly TimeSpan Felt = TimeSpan.FromMilliseconds(100);

    /// <summary>No read takes longer: a node is found out, its reads leave it, and the next one may have to be found out, too.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(900);

    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations. Eventual reads are looked at, which any node may answer.</param>
    /// <param name="ailments">What was wrong, and how much of it may be felt.</param>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, IReadOnlyList<Ailment> ailments)
    {
        var found = new List<Violation>();
        var felt = new List<int>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is not { Kind: OperationKind.Read, Level: ConsistencyLevel.Eventual } read)
            {
                continue;
            }

            var took = read.Completed - read.Invoked;
            if (took > Felt)
            {
                felt.Add(i);
            }

            if (took > Longest || read.Failure is not null)
            {
                found.Add(Violated(i, $"{read}: took {Milliseconds(took)} although a node was well all the time"));
            }
        }

        var most = ailments.Sum(static ailment => ailment.MayBeFelt);
        if (felt.Count > most)
        {
            found.Add(Violated(felt[^1], $"{felt.Count} reads took longer than {Milliseconds(Felt)}, the last one {history[felt[^1]]}; {ailments.Count} ailments explain {most}"));
        }

        return found;
    }

    private static Violation Violated(int operation, string explanation) => new() { Judge = nameof(FeltJudge), Operation = operation, Explanation = explanation };

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms");
}
