namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>What is known of a history.</summary>
public enum Linearizability
{
    /// <summary>The search came to the end of its budget. Never counts as good.</summary>
    Unknown = 0,

    /// <summary>There is an order of the operations that explains every answer and respects the clock.</summary>
    Linearizable = 1,

    /// <summary>There is no such order.</summary>
    Violated = 2,
}

/// <summary>The verdict of <see cref="LinearizabilityJudge"/>, with its reasons.</summary>
public sealed record LinearizabilityVerdict
{
    /// <summary>The verdict.</summary>
    public required Linearizability Outcome { get; init; }

    /// <summary>
    /// Indices of operations in an order that explains them. If the history is linearizable, all whose outcome is known, register after
    /// register, and of the others those that had to take effect. Else those of the one register, up to the contradiction or to where the
    /// search got: the longest prefix of the history, in the order of completions, that has an explanation.
    /// </summary>
    public required IReadOnlyList<int> Order { get; init; }

    /// <summary>
    /// The operation that fits nowhere: all of its register that completed before it can be explained, together with it they can't. -1
    /// unless violated.
    /// </summary>
    public int Contradiction { get; init; } = -1;

    /// <summary>
    /// What to look at, by invocation: the contradiction, what was in flight with it, what set the register before, and who wrote what it
    /// claims. Empty unless violated.
    /// </summary>
    public IReadOnlyList<int> Window { get; init; } = [];

    /// <summary>One line for humans, with the times of the history's clock.</summary>
    public required string Explanation { get; init; }

    /// <summary>How many times the search tried an operation: what counts against the budget.</summary>
    public required long Steps { get; init; }
}
