namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>What an operation does to a register.</summary>
public enum RegisterAction
{
    /// <summary>Not said. Refused as an argument.</summary>
    Unspecified = 0,

    /// <summary>Tells the value.</summary>
    Read = 1,

    /// <summary>Sets the value.</summary>
    Write = 2,

    /// <summary>Sets the value if the register holds the expected one.</summary>
    CompareAndSet = 3,
}

/// <summary>One operation on one register of a history, as its caller saw it. Times are of one monotonic clock.</summary>
public sealed record RegisterOperation
{
    /// <summary>The register. Registers are judged apart from each other.</summary>
    public int Key { get; init; }

    /// <summary>Who ran it. Only for the explanation.</summary>
    public int Process { get; init; }

    /// <summary>What it does.</summary>
    public required RegisterAction Action { get; init; }

    /// <summary>The value that a read saw, or that was to be set. Null is the empty register.</summary>
    public long? Value { get; init; }

    /// <summary>What a compare-and-set expected.</summary>
    public long? Expected { get; init; }

    /// <summary>
    /// Whether a compare-and-set was answered with "it holds something else", which is a statement about the register; of nothing else does
    /// it say anything. An operation that is known to have had no effect for other reasons doesn't belong in the history.
    /// </summary>
    public bool Refused { get; init; }

    /// <summary>When the caller began.</summary>
    public required TimeSpan Invoked { get; init; }

    /// <summary>
    /// When the answer was there; null if the outcome isn't known (a timeout, an ambiguous error): it may then take effect at any time after
    /// the invocation, long after the caller gave up, or never.
    /// </summary>
    public TimeSpan? Completed { get; init; }

    /// <summary>One line for humans.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        var what = Action switch
        {
            RegisterAction.Read => $"reads {Text(Value)}",
            RegisterAction.Write => $"writes {Text(Value)}",
            _ => $"sets {Text(Value)} if it is {Text(Expected)}{(IsRefused ? ", which it isn't" : "")}",
        };
        var when = Completed is { } end ? Wording.Interval(Invoked, end) : $"{Wording.Time(Invoked)} to an unknown end";
        return $"{when}: process {Wording.Number(Process)} {what}, register {Wording.Number(Key)}";
    }

    internal bool IsRefused => Refused && Action == RegisterAction.CompareAndSet && Completed is not null;

    internal static string Text(long? value) => value is { } number ? Wording.Number(number) : "nothing";
}
