using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Specs;

/// <summary>Which answers keep which promise: the tables in <c>consistency</c>.</summary>
/// <remarks>
/// All cases know one history: it began at 200, where it left its parent; the parent began at 100, where it left the grandparent.
/// </remarks>
public class ConsistencySpecs
{
    private static readonly SpecTable<ConsistencyCase> Table = new("consistency");
    private static readonly HistoryId Grandparent = new(1), Parent = new(2), Current = new(3), Stranger = new(9);
    private static readonly LogHistory History = new(Current, 3, [new HistoryAncestor(Grandparent, 100), new HistoryAncestor(Parent, 200)]);
    private static readonly LogHistory First = new(Current, 1, []);

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var row in Table.Rows())
            {
                var (file, name) = ((string)row[0], (string)row[1]);
                foreach (var level in Table[file, name].Levels)
                {
                    rows.Add(file, name, level.ToString());
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judges(string file, string name, string level)
    {
        var spec = Table[file, name];
        var stamp = new ReadStamp(spec.By == Answerer.Primary, HistoryOf(spec.On), spec.Lo, spec.Hi ?? spec.Lo, spec.Incarnation);
        var requirement = new Requirement(
            spec.Replica,
            spec.Primary,
            null,
            spec.Repeat is { } repeat ? new RepeatRead(repeat.Endpoint + 1, repeat.Incarnation, repeat.Lo, repeat.Hi) : default);
        var history = spec.Known switch { KnownHistory.None => null, KnownHistory.First => First, _ => History };

        Assert.Equal(spec.Verdict, ReadVerification.Judge(stamp, spec.Endpoint, Enum.Parse<ConsistencyLevel>(level), history, requirement));
    }

    private static HistoryId HistoryOf(StampHistory on) => on switch
    {
        StampHistory.Unconfirmed => default,
        StampHistory.Grandparent => Grandparent,
        StampHistory.Parent => Parent,
        StampHistory.Stranger => Stranger,
        _ => Current,
    };
}

internal enum Answerer
{
    Replica = 0,
    Primary = 1,
}

internal enum StampHistory
{
    Current = 0,
    Parent = 1,
    Grandparent = 2,
    Stranger = 3,
    Unconfirmed = 4,
}

internal enum KnownHistory
{
    /// <summary>The one with two ancestors.</summary>
    Third = 0,

    /// <summary>One without ancestors.</summary>
    First = 1,

    None = 2,
}

internal sealed record ConsistencyCase : ISpecCase
{
    public required string Name { get; init; }

    public required ConsistencyLevel[] Levels { get; init; }

    public KnownHistory Known { get; init; }

    public required Answerer By { get; init; }

    public StampHistory On { get; init; }

    public required ulong Lo { get; init; }

    /// <summary>The same as <see cref="Lo"/>, unless it is said.</summary>
    public ulong? Hi { get; init; }

    public int Endpoint { get; init; }

    public long Incarnation { get; init; } = 1;

    /// <summary>What is required of a replica.</summary>
    public ulong Replica { get; init; }

    /// <summary>What is required of the primary's proof.</summary>
    public ulong Primary { get; init; }

    public RepeatCase? Repeat { get; init; }

    public required ReadVerdict Verdict { get; init; }
}

internal sealed record RepeatCase(int Endpoint, long Incarnation, ulong Lo, ulong Hi);
