using WebsiteBuilder.Data.Simulation.Judges;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>What the judges of this project object to, and what they let pass.</summary>
public sealed class JudgeTests
{
    private static readonly Fork[] Forks = [new(Shard: 0, Branch: 1, Parent: 0, At: 50), new(Shard: 0, Branch: 2, Parent: 0, At: 50)];

    [Theory]
    [InlineData(0, 40, 0, 60, false)]
    [InlineData(0, 40, 1, 60, false)]
    [InlineData(0, 60, 1, 70, true)]
    [InlineData(1, 60, 2, 60, true)]
    public void A_request_stands_once_in_one_log(int branch, int position, int laterBranch, int laterPosition, bool isGood)
    {
        var (first, again) = (new LogEntry(0, 1, branch, position), new LogEntry(0, 2, laterBranch, laterPosition));
        Operation[] history = [Write(1, branch), Write(2, laterBranch)];

        var found = OnceJudge.Judge(history, [new Effect(0, 7, first), new Effect(1, 7, again)], new Branches(Forks, [first, again]));

        Assert.Equal(isGood, found.Count == 0);
    }

    [Fact]
    public void One_call_takes_effect_once_whatever_is_lost()
    {
        var (lost, again) = (new LogEntry(0, 1, 0, 60), new LogEntry(0, 2, 1, 60));

        Assert.Single(OnceJudge.Judge([Write(1, 0)], [new Effect(0, 7, lost), new Effect(0, 7, again)], new Branches(Forks, [lost, again])));
    }

    [Theory]
    [InlineData(1, 12.5, true)]
    [InlineData(1, 10.5, false)]
    [InlineData(0, 12.5, false)]
    public void Twins_acknowledge_nothing_once_they_can_be_known(int branch, double at, bool isFound)
    {
        Twins[] twins = [new(Shard: 0, One: 1, Other: 2, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(14))];

        Assert.Equal(isFound, TwinsJudge.Judge([Write(at, branch)], twins, TimeSpan.FromSeconds(1)).Count == 1);
    }

    [Theory]
    [InlineData(0, 2, 0, true)]
    [InlineData(1, 2, 0, false)]
    [InlineData(0, 0.4, 0, false)]
    [InlineData(0, 2, 2, false)]
    public void Who_knows_of_a_promotion_goes_to_no_superseded_primary(int process, double invoked, int branch, bool isFound)
    {
        Operation[] history = [Write(0.5, 1), Write(invoked, branch) with { Process = process }];

        Assert.Equal(isFound, SupersededJudge.Judge(history, Forks).Count == 1);
    }

    [Fact]
    public void A_caller_is_told_of_the_rows_that_it_asked_for()
    {
        var found = OwnRowsJudge.Judge([Write(1, 0), Write(2, 0)], [new RowsTold(0, [3, 4], [4]), new RowsTold(1, [3], [4])]);

        Assert.Equal((1, 4), (Assert.Single(found).Operation, found[0].Key));
    }

    [Fact]
    public void At_peace_nobody_is_failed_by_others()
    {
        var found = PeaceJudge.Judge([Write(1, 0), Write(2, 0)], [new Route(0, RouteReason.Waited), new Route(1, RouteReason.Waited | RouteReason.OtherFailed)]);

        Assert.Equal(1, Assert.Single(found).Operation);
    }

    [Theory]
    [InlineData(new[] { 50, 60, 70 }, 0, true)]
    [InlineData(new[] { 50, 300, 800 }, 2, true)]
    [InlineData(new[] { 50, 300, 800 }, 1, false)]
    [InlineData(new[] { 950 }, 1, false)]
    public void Callers_feel_no_more_of_an_ailing_node_than_what_finds_it_out(int[] milliseconds, int mayBeFelt, bool isGood)
    {
        Ailment[] ailments = [new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), mayBeFelt)];

        Assert.Equal(isGood, FeltJudge.Judge([.. milliseconds.Select(Read)], ailments).Count == 0);
    }

    [Fact]
    public void While_a_node_is_well_no_eventual_read_fails_and_what_only_one_node_can_answer_is_not_looked_at()
    {
        Operation[] history =
        [
            Read(10),
            Read(10) with { Failure = "no answer" },
            Read(5_000) with { Level = ConsistencyLevel.Strong, Failure = "no answer" },
            Write(1, 0) with { Completed = TimeSpan.FromSeconds(9) },
        ];

        Assert.Equal(1, Assert.Single(FeltJudge.Judge(history, [])).Operation);
    }

    private static Operation Read(int milliseconds) => Write(1, 0) with
    {
        Kind = OperationKind.Read,
        Level = ConsistencyLevel.Eventual,
        Completed = TimeSpan.FromSeconds(1) + TimeSpan.FromMilliseconds(milliseconds),
    };

    private static Operation Write(double invoked, int branch) => new()
    {
        Session = 0,
        Kind = OperationKind.Write,
        Invoked = TimeSpan.FromSeconds(invoked),
        Completed = TimeSpan.FromSeconds(invoked + 0.1),
        History = branch,
    };
}
