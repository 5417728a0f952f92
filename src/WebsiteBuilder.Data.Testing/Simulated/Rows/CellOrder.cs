namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Compares stored values as PostgreSQL does: texts by code point, as in the collation C, and NaN above all numbers.</summary>
internal static class CellOrder
{
    public static int CompareNullable(object? one, object? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        _ => Compare(one, other),
    };

    public static int Compare(object one, object other) => (one, other) switch
    {
        (string text, string with) => Texts(text, with),
        (byte[] bytes, byte[] with) => bytes.AsSpan().SequenceCompareTo(with),
        (double number, double with) => Numbers(number, with),
        (float number, float with) => Numbers(number, with),
        _ => ((IComparable)one).CompareTo(other),
    };

    /// <summary>The runtime takes NaN for the smallest.</summary>
    private static int Numbers(double one, double other) =>
        double.IsNaN(one) || double.IsNaN(other) ? double.IsNaN(one).CompareTo(double.IsNaN(other)) : one.CompareTo(other);

    /// <summary>In UTF-16 surrogates come before U+E000 and what follows it; as bytes of UTF-8, and as code points, behind.</summary>
    private static int Texts(string one, string other)
    {
        var at = one.AsSpan().CommonPrefixLength(other);
        return at == one.Length || at == other.Length || char.IsSurrogate(one[at]) == char.IsSurrogate(other[at])
            ? string.CompareOrdinal(one, other)
            : char.IsSurrogate(one[at]).CompareTo(char.IsSurrogate(other[at]));
    }
}
