using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data;

/// <summary>Where data is at home, such as <c>emea</c>. The territory is part of a key; the territory map says which shard holds it.</summary>
/// <remarks>Names follow the rules of <see cref="RegionId"/>. The default value names no territory and is refused wherever one is needed.</remarks>
public readonly record struct Territory : ISpanParsable<Territory>
{
    private readonly RegionId _name;

    private Territory(RegionId name) => _name = name;

    /// <summary>True for the default value, which names no territory.</summary>
    public bool IsUnspecified => _name.IsUnspecified;

    /// <summary>Makes a territory name.</summary>
    /// <exception cref="FormatException">The text isn't a territory name.</exception>
    public static Territory Parse(string s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), null);
    }

    /// <inheritdoc/>
    public static Territory Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static Territory Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var territory)
            ? territory
            : throw new FormatException("A territory name has 1 to 32 characters of a-z, 0-9 and '-', and starts with a letter.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Territory result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Territory result)
    {
        var parsed = RegionId.TryParse(s, provider, out var name);
        result = new Territory(name);
        return parsed;
    }

    /// <summary>The name, or an empty string for the default value.</summary>
    public override string ToString() => _name.ToString();
}
