using System.Numerics;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// How long a node's answers to reads take of late: about the geometric mean of the last sixteen, so that a few long queries among many short ones count little. Costs some nanoseconds for each
/// answer; of answers that come at once one may be lost. Pure.
/// </summary>
internal struct AnswerPace
{
    private const int FractionBits = 8;
    private const int Weight = 16;

    private int _log;
    private int _answers;

    /// <summary>How many answers it is made of.</summary>
    public readonly int Answers => Volatile.Read(in _answers);

    /// <summary>What an answer usually takes; zero without any.</summary>
    public readonly TimeSpan Usual => Answers == 0 ? TimeSpan.Zero : new TimeSpan((long)Math.Pow(2, (double)Volatile.Read(in _log) / (1 << FractionBits)));

    public void Took(TimeSpan time)
    {
        var log = Log(time.Ticks);
        var known = Volatile.Read(ref _log);
        Volatile.Write(ref _log, _answers == 0 ? log : known + ((log - known) / Weight));
        Volatile.Write(ref _answers, (_answers + 1) & int.MaxValue);
    }

    public void Forget() => Volatile.Write(ref _answers, 0);

    /// <summary>The binary logarithm, in parts of 256.</summary>
    private static int Log(long ticks)
    {
        var at = BitOperations.Log2((ulong)Math.Max(1, ticks));
        return (at << FractionBits) | ((int)(((ulong)ticks << (63 - at)) >> (63 - FractionBits)) & ((1 << FractionBits) - 1));
    }
}
