using System.Globalization;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>Figures and reasons as people say them.</summary>
internal static class Words
{
    private static readonly (RouteReason Flag, string Text)[] Reasons =
    [
        (RouteReason.PrimaryRequired, "only the primary may say"),
        (RouteReason.RegionRequested, "this region was asked for"),
        (RouteReason.Nearest, "nearest"),
        (RouteReason.LocalRegion, "in our region"),
        (RouteReason.PositionProven, "proved that it has all the session saw"),
        (RouteReason.Waited, "a short wait beat going elsewhere"),
        (RouteReason.OtherBehind, "a node asked before was behind"),
        (RouteReason.OtherFailed, "a node asked before failed"),
        (RouteReason.ServedStale, "the bound couldn't be proven, stale was allowed"),
        (RouteReason.NoneHealthy, "no node was known to be healthy"),
    ];

    /// <summary>A time to the tenth of a millisecond, or in seconds from one second on.</summary>
    public static string Of(TimeSpan time) => time >= TimeSpan.FromSeconds(1) ? Long(time)
        : time >= TimeSpan.FromMilliseconds(100) ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");

    /// <summary>A time in seconds.</summary>
    public static string Long(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s");

    public static string Age(TimeSpan? age) => age is { } known ? Of(known) : "unknown";

    public static string Percent(double percent) => string.Create(CultureInfo.InvariantCulture, $"{percent:0.#} %");

    public static string Of(RouteReason reason)
    {
        var texts = Reasons.Where(entry => reason.HasFlag(entry.Flag)).Select(static entry => entry.Text);
        return string.Join("; ", texts);
    }

    /// <summary>An answer in one sentence.</summary>
    public static string Of<T>(ReadResult<T> result, TimeSpan took) =>
        $"{result.Endpoint}, a {(result.Source == AnswerSource.Primary ? "primary" : "replica")} in {result.Region}, answered in {Of(took)}; "
        + (result.Age is { } age ? $"nothing acknowledged more than {Of(age)} ago is missing. " : "how old the answer is can't be said. ")
        + $"Why this node: {Of(result.Reason)}.";
}
