namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// How often a node does what real servers do rarely, each with a probability of 0 to 1. Default: never, all of them. With equal seeds and equal histories they
/// happen at equal times. Thread-safe.
/// </summary>
public sealed class SimulatedOdds
{
    private double _earlyRows;
    private double _replayConflict;
    private double _splitRead;
    private double _lateCommit;

    internal SimulatedOdds()
    {
    }

    /// <summary>On a replica: that a record's rows show up to 10 ms before the replay position moves past it. Later records wait.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double EarlyRows
    {
        get => Volatile.Read(ref _earlyRows);
        set => Volatile.Write(ref _earlyRows, Required(value));
    }

    /// <summary>On a replica: that a read is cancelled because it is in the way of replay.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double ReplayConflict
    {
        get => Volatile.Read(ref _replayConflict);
        set => Volatile.Write(ref _replayConflict, Required(value));
    }

    /// <summary>
    /// That up to 10 ms pass in a read between its first look at the log and the rows, and again before its last look: what happens meanwhile shows in one and not in
    /// the other.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double SplitRead
    {
        get => Volatile.Read(ref _splitRead);
        set => Volatile.Write(ref _splitRead, Required(value));
    }

    /// <summary>On a primary: that a commit, although nobody must have it, becomes visible there up to 10 ms after it was flushed and sent to the replicas.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public double LateCommit
    {
        get => Volatile.Read(ref _lateCommit);
        set => Volatile.Write(ref _lateCommit, Required(value));
    }

    /// <summary>Sets all of them to one probability.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is below 0 or above 1.</exception>
    public void SetAll(double probability) => EarlyRows = ReplayConflict = SplitRead = LateCommit = probability;

    internal static double Required(double probability) => probability is >= 0 and <= 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability is 0 to 1.");
}
