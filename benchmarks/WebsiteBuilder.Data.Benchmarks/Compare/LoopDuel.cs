using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Compare;

/// <summary>Something of the size of nanoseconds against somebody else's, in turns.</summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted of the ratio.</param>
/// <param name="Against">Who the peer is.</param>
/// <param name="Ours">Makes our loop: it does it so many times and returns something that depends on all of it.</param>
/// <param name="Peer">The same of the peer.</param>
internal sealed record LoopDuel(string Name, string Meaning, Target Target, string Against, Func<Func<int, long>> Ours, Func<Func<int, long>> Peer)
    : Comparison(Name, Meaning, Target)
{
    private const int Rounds = 301;

    public override Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        var (ours, peer) = (Ours(), Peer());
        var (ourTimes, peerTimes) = (Loop.TimesOf(ours), Loop.TimesOf(peer));
        var (mine, theirs) = (new double[Rounds], new double[Rounds]);
        for (var round = 0; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            mine[round] = Loop.Nanoseconds(ours, ourTimes);
            theirs[round] = Loop.Nanoseconds(peer, peerTimes);
        }

        var ratio = Interval.Of([.. mine.Zip(theirs, static (one, other) => one / other)]);
        return Task.FromResult(new Row(
            Name, Interval.Of(mine).Median, "ns", Interval.Of(theirs).Median, ratio.Median, Target.ToString(), Target.IsKept(ratio), ratio.Low, ratio.High, "clock")
        {
            Against = Against,
            Bytes = Loop.Bytes(ours, ourTimes),
            PeerBytes = Loop.Bytes(peer, peerTimes),
        });
    }
}
