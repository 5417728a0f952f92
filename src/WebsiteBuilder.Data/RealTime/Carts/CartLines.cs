namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What becomes of lines: each article is a register of its own in which the last writer wins, by hybrid logical time, then by region, then by quantity. Merging is commutative,
/// associative and idempotent. Pure.
/// </summary>
internal static class CartLines
{
    /// <summary>How many articles that were taken out are remembered: the last ones.</summary>
    public const int MaxTakenOut = 200;

    /// <summary>The lines with one article's quantity changed, by a stamp after all that are there, and after what else was seen.</summary>
    public static IReadOnlyList<CartLine> With(IReadOnlyList<CartLine> lines, string sku, int quantity, long now, RegionId region, HybridTime seen = default) =>
        Merge(lines, [new CartLine(sku, quantity, $"{ClockOf(lines, seen).Next(now)}{region}")]);

    /// <summary>The latest time of lines, or what else was seen.</summary>
    public static HybridTime ClockOf(IReadOnlyList<CartLine> lines, HybridTime seen) => lines.Aggregate(seen, static (clock, line) => clock.Seeing(TimeOf(line.Stamp)));

    public static IReadOnlyList<CartLine> Merge(IReadOnlyList<CartLine> one, IReadOnlyList<CartLine> other) =>
        [.. one.Concat(other).GroupBy(static line => line.Sku, StringComparer.Ordinal).Select(static lines => lines.Aggregate(Later)).OrderBy(static line => line.Sku, StringComparer.Ordinal)];

    /// <summary>The lines without articles that were taken out before a time, nor more of them than <see cref="MaxTakenOut"/>.</summary>
    public static IReadOnlyList<CartLine> Since(IReadOnlyList<CartLine> lines, DateTimeOffset oldest)
    {
        var kept = lines
            .Where(line => line.Quantity == 0 && TimeOf(line.Stamp).Milliseconds >= oldest.ToUnixTimeMilliseconds())
            .OrderByDescending(static line => line.Stamp, StringComparer.Ordinal)
            .Take(MaxTakenOut)
            .ToHashSet();
        return [.. lines.Where(line => line.Quantity > 0 || kept.Contains(line))];
    }

    private static CartLine Later(CartLine one, CartLine other) =>
        string.CompareOrdinal(one.Stamp, other.Stamp) is var order && order != 0
            ? order > 0 ? one : other
            : one.Quantity >= other.Quantity ? one : other;

    /// <summary>Whether it is what this library writes.</summary>
    public static bool IsStamp(string stamp) => TryTimeOf(stamp, out _);

    private static bool TryTimeOf(string stamp, out HybridTime time)
    {
        time = default;
        return stamp.Length >= HybridTime.TextLength && HybridTime.TryParse(stamp.AsSpan(0, HybridTime.TextLength), out time);
    }

    /// <exception cref="RedisFaultException">It isn't what this library writes.</exception>
    public static HybridTime TimeOf(string stamp) =>
        TryTimeOf(stamp, out var time)
            ? time
            : throw new RedisFaultException(RedisFaultKind.Malformed, WriteDisposition.NotApplied, "A cart's line isn't as this library writes it.");
}
