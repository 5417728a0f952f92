namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>One figure of the final table.</summary>
/// <param name="Name">A stable name.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Unit">In what.</param>
/// <param name="Peer">What the alternative reached in the same run, in the same unit.</param>
/// <param name="Ratio">How many times better than the peer.</param>
/// <param name="Target">What was wanted; null for figures that only inform.</param>
/// <param name="Pass">Whether it was reached.</param>
internal sealed record Finding(string Name, double Value, string Unit, double? Peer, double? Ratio, string? Target, bool? Pass)
{
    /// <summary>What the figure means, for the reader of the table.</summary>
    public required string Meaning { get; init; }

    /// <summary>The chapter that it is from.</summary>
    public required string Chapter { get; init; }
}

/// <summary>Collects the figures, and how long each chapter took.</summary>
internal sealed class Report(TimeProvider time)
{
    private readonly List<Finding> _findings = [];
    private readonly List<(string Chapter, TimeSpan Took)> _chapters = [];

    private string _chapter = "";

    public TimeProvider Time { get; } = time;

    public IReadOnlyList<Finding> Findings => _findings;

    public IReadOnlyList<(string Chapter, TimeSpan Took)> Chapters => _chapters;

    public bool AllGood => _findings.TrueForAll(static finding => finding.Pass != false);

    /// <summary>A figure that only informs.</summary>
    public void Add(string name, string meaning, double value, string unit) => Keep(name, meaning, value, unit, null, null);

    /// <summary>A figure with a target.</summary>
    public void Check(string name, string meaning, double value, string unit, string target, bool pass) =>
        Keep(name, meaning, value, unit, target, pass);

    /// <summary>A time next to its alternative's, old divided by new; the target, if there is one, is for that ratio.</summary>
    public void Compare(string name, string meaning, double value, string unit, double peer, double? atLeast)
    {
        var ratio = peer / value;
        _findings.Add(new Finding(name, value, unit, peer, ratio, atLeast is { } least ? $">= {least} x" : null, atLeast is null ? null : ratio >= atLeast)
        {
            Meaning = meaning,
            Chapter = _chapter,
        });
    }

    /// <summary>Runs a chapter and keeps its time.</summary>
    public async Task ChapterAsync(string chapter, Func<Task> body)
    {
        _chapter = chapter;
        _chapters.Add((chapter, await Time.MeasureAsync(body)));
    }

    private void Keep(string name, string meaning, double value, string unit, string? target, bool? pass) =>
        _findings.Add(new Finding(name, value, unit, null, null, target, pass) { Meaning = meaning, Chapter = _chapter });
}
