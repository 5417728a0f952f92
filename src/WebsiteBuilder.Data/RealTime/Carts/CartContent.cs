using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What is known of a cart. Merging is commutative, associative and idempotent. Pure.</summary>
/// <param name="Lines">Its lines, all of them later than what was erased.</param>
/// <param name="Erased">The stamp up to which all was erased; null if nothing ever was.</param>
internal sealed record CartContent(IReadOnlyList<CartLine> Lines, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Erased)
{
    /// <summary>After all stamps: whatever is said later is gone, too.</summary>
    public const string Forever = "99999999999999999999~";

    public static CartContent Empty { get; } = new([], null);

    /// <summary>Whether it was begun without knowing what PostgreSQL has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsPartial { get; init; }

    [JsonIgnore]
    public bool IsErasedForGood => string.CompareOrdinal(Erased, Forever) >= 0;

    public int QuantityOf(string sku) => Find(sku)?.Quantity ?? 0;

    public CartLine? Find(string sku) => Lines.FirstOrDefault(line => string.Equals(line.Sku, sku, StringComparison.Ordinal));

    public bool IsSameAs(CartContent other) => IsPartial == other.IsPartial && string.Equals(Erased, other.Erased, StringComparison.Ordinal) && Lines.SequenceEqual(other.Lines);

    /// <summary>With one article's quantity changed, by a stamp after all that is here.</summary>
    public CartContent With(string sku, int quantity, long now, RegionId region) => this with { Lines = CartLines.With(Lines, sku, quantity, now, region, ErasedAt) };

    /// <summary>Without anything that is here, or was said before now.</summary>
    public CartContent Cleared(long now, RegionId region) =>
        IsErasedForGood ? this : this with { Lines = [], Erased = $"{CartLines.ClockOf(Lines, ErasedAt).Next(now)}{region}" };

    /// <summary>Nothing, whatever comes.</summary>
    public CartContent ErasedForGood() => this with { Lines = [], Erased = Forever };

    /// <summary>Both together; whole if one of them is.</summary>
    public CartContent Merge(CartContent other)
    {
        var erased = string.CompareOrdinal(Erased, other.Erased) >= 0 ? Erased : other.Erased;
        var lines = CartLines.Merge(Lines, other.Lines);
        return new([.. lines.Where(line => string.CompareOrdinal(line.Stamp, erased) > 0)], erased) { IsPartial = IsPartial && other.IsPartial };
    }

    public CartContent Since(DateTimeOffset oldest) => this with { Lines = CartLines.Since(Lines, oldest) };

    private HybridTime ErasedAt => Erased is null ? default : CartLines.TimeOf(Erased);
}
