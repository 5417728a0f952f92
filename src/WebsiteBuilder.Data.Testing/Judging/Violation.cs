namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// One promise that a history breaks, in words that need no knowledge of the judge. Open, for judges of your own:
/// <see cref="History.Around"/> and <see cref="History.Describe"/> take any.
/// </summary>
public record Violation
{
    /// <summary>The judge's name.</summary>
    public required string Judge { get; init; }

    /// <summary>The index, in the judged history, of the operation that breaks the promise.</summary>
    public required int Operation { get; init; }

    /// <summary>The key that it is about; -1 for none.</summary>
    public int Key { get; init; } = -1;

    /// <summary>The version that was seen or written, where there is a key.</summary>
    public long Version { get; init; }

    /// <summary>The lowest version that would have kept the promise, where there is one.</summary>
    public long Required { get; init; }

    /// <summary>One line for humans, with the times of the history's clock.</summary>
    public required string Explanation { get; init; }

    /// <summary>The judge and its explanation.</summary>
    /// <returns>One line.</returns>
    public sealed override string ToString() => $"{Judge}, operation {Wording.Number(Operation)}: {Explanation}";
}

/// <summary>A read or write that breaks a session guarantee.</summary>
public sealed record SessionViolation : Violation
{
    /// <summary>Which guarantee.</summary>
    public required Guarantee Guarantee { get; init; }
}

/// <summary>A read that doesn't show something that was acknowledged too long before its answer arrived.</summary>
public sealed record StaleRead : Violation
{
    /// <summary>How long before the answer the oldest version that it misses was acknowledged.</summary>
    public required TimeSpan Missed { get; init; }
}
