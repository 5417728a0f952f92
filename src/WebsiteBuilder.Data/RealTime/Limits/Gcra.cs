using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// The generic cell rate algorithm (ITU-T I.371, annex A, as virtual scheduling): pure arithmetic, the same as the script's at the server.
/// Spans are ticks of 100 ns.
/// </summary>
/// <param name="Interval">Ticks between two permits.</param>
/// <param name="Burst">Permits at once.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Gcra(long Interval, int Burst)
{
    /// <param name="ahead">How far the theoretical arrival time is ahead of the clock; what lies behind it counts as zero.</param>
    /// <param name="cost">Permits asked for; 0 asks only.</param>
    /// <returns>The decision, and how far ahead it is from now on.</returns>
    public (RateDecision Decision, long Ahead) Decide(long ahead, int cost)
    {
        var whole = Interval * Burst;
        // A clock that was set back, or a limit that was made stricter, keeps nobody out for longer than a burst takes to come back.
        ahead = Math.Clamp(ahead, 0, whole);
        var next = ahead + (Interval * cost);
        var isAllowed = next <= whole;
        var after = isAllowed ? next : ahead;
        return (
            new RateDecision(
                isAllowed,
                (int)((whole - after) / Interval),
                TimeSpan.FromTicks(isAllowed ? 0 : next - whole),
                TimeSpan.FromTicks(after)),
            after);
    }
}
