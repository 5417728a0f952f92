using System.Buffers;
using System.Text;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>Checks of arguments.</summary>
internal static class Bounds
{
    /// <exception cref="ArgumentOutOfRangeException">The value is below the least or above the most.</exception>
    public static void Require<T>(T value, T least, T most, string name)
        where T : IComparable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }

    /// <summary>Half a surrogate pair has no form in UTF-8: it would be written as a replacement, and two texts become one.</summary>
    /// <exception cref="ArgumentException">The text has one.</exception>
    public static void RequireWholeText(string text, string name)
    {
        for (var rest = text.AsSpan(Math.Max(text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'), 0)); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != OperationStatus.Done)
            {
                throw new ArgumentException("The text has half a surrogate pair in it, which can't be written as UTF-8.", name);
            }

            rest = rest[used..];
        }
    }

    /// <summary>A span in whole milliseconds, begun ones included.</summary>
    public static long Milliseconds(TimeSpan span) => (span.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
}
