using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data;

/// <summary>The name of a place where endpoints run, such as <c>eu-west-1</c>.</summary>
/// <remarks>
/// Names are 1 to 32 characters of <c>a-z</c>, <c>0-9</c> and <c>-</c>, and start with a letter; upper case is folded.
/// The default value names no region: <see cref="IsUnspecified"/> is true and <see cref="ToString"/> is empty.
/// </remarks>
public readonly record struct RegionId : ISpanParsable<RegionId>
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 32;

    private readonly string? _name;

    private RegionId(string name) => _name = name;

    /// <summary>True for the default value, which names no region.</summary>
    public bool IsUnspecified => _name is null;

    /// <summary>Makes a region name.</summary>
    /// <exception cref="FormatException">The text isn't a region name.</exception>
    public static RegionId Parse(string s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), null);
    }

    /// <inheritdoc/>
    public static RegionId Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static RegionId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var region)
            ? region
            : throw new FormatException("A region name has 1 to 32 characters of a-z, 0-9 and '-', and starts with a letter.");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RegionId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out RegionId result)
    {
        result = default;
        if (s.Length is 0 or > MaxLength || !char.IsAsciiLetter(s[0]))
        {
            return false;
        }

        foreach (var character in s)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '-')
            {
                return false;
            }
        }

        result = new RegionId(s.ToString().ToLowerInvariant());
        return true;
    }

    /// <summary>The name, or an empty string for the default value.</summary>
    public override string ToString() => _name ?? "";
}
