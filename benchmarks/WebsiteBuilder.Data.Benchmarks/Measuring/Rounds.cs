namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>Slices of several contenders, round by round: each round has one slice of each, one right after the other.</summary>
internal sealed class Rounds(Slice[][] slices)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(150);

    /// <summary>Warms all of them up, then lets them take turns; who begins changes from round to round, so that nobody always comes second.</summary>
    public static async Task<Rounds> RunAsync(int count, params IReadOnlyList<Contender> contenders)
    {
        foreach (var contender in contenders)
        {
            await contender.RunAsync(WarmUp);
        }

        var slices = contenders.Select(_ => new Slice[count]).ToArray();
        for (var round = 0; round < count; round++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                var turn = (round + i) % contenders.Count;
                slices[turn][round] = await contenders[turn].RunAsync(Length);
            }
        }

        return new Rounds(slices);
    }

    public Interval Of(int contender, Func<Slice, double> figure) => Interval.Of([.. slices[contender].Select(figure)]);

    /// <summary>The interval of the quotients of pairs, not the quotient of medians: what disturbed a round disturbed both sides of it.</summary>
    public Interval Ratio(int one, int other, Func<Slice, double> figure) =>
        Interval.Of([.. slices[one].Zip(slices[other], (ours, theirs) => figure(ours) / figure(theirs))]);
}
