using System.Globalization;
using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// A hybrid logical clock's reading: the greatest wall time seen, and a counter for what happened within it. Pure arithmetic, the same as the scripts' at the server.
/// </summary>
/// <remarks>
/// Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical Clocks", OPODIS 2014: whatever knew of an event has a greater reading, however the wall clocks differ; and
/// where they agree, the reading is the wall time. Sending and receiving need no tick of their own here: only writes are compared.
/// </remarks>
/// <param name="Milliseconds">Wall time since 1970: 15 digits at most.</param>
/// <param name="Counter">0 to <see cref="MaxCounter"/>.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HybridTime(long Milliseconds, int Counter)
{
    public const int MaxCounter = 99_999;

    /// <summary>How long its text is: 15 digits and 5 digits, so that texts compare as readings do.</summary>
    public const int TextLength = 20;

    /// <summary>The reading for a write, after all that was seen.</summary>
    public HybridTime Next(long now) =>
        now > Milliseconds ? new(now, 0)
        : Counter < MaxCounter ? this with { Counter = Counter + 1 }
        : new(Milliseconds + 1, 0);

    /// <summary>The reading after seeing another one.</summary>
    public HybridTime Seeing(HybridTime other) => other.IsAfter(this) ? other : this;

    public bool IsAfter(HybridTime other) => Milliseconds != other.Milliseconds ? Milliseconds > other.Milliseconds : Counter > other.Counter;

    public static bool TryParse(ReadOnlySpan<char> text, out HybridTime time)
    {
        time = default;
        if (text.Length != TextLength
            || !long.TryParse(text[..15], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || !int.TryParse(text[15..], NumberStyles.None, CultureInfo.InvariantCulture, out var counter))
        {
            return false;
        }

        time = new(milliseconds, counter);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds:d15}{Counter:d5}");
}
