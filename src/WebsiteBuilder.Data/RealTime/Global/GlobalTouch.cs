using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What a region's copy knows of its ties to another one. Times are in milliseconds of its own clock. Pure.</summary>
/// <param name="Now">The time there.</param>
/// <param name="Began">When this copy was begun, empty.</param>
/// <param name="Copied">When the last complete copy from the other one was begun; 0 if never.</param>
/// <param name="Heard">Up to which of the other one's changes it has all deletions.</param>
/// <param name="Forgotten">The greatest number of a change among the deletions that it has forgotten; 0 if none was.</param>
/// <param name="ForgottenOf">When the latest of those had come to be known there.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GlobalTouch(long Now, long Began, long Copied, long Heard, long Forgotten, long ForgottenOf)
{
    /// <summary>How many parts of a reply it is.</summary>
    public const int Parts = 6;

    public static GlobalTouch Read(ReadOnlySpan<RedisReply> parts) =>
        new(parts[0].AsInt64(), parts[1].AsInt64(), parts[2].AsInt64(), parts[3].AsInt64(), parts[4].AsInt64(), parts[5].AsInt64());

    /// <summary>
    /// Whether one of two copies has forgotten a deletion that the other one never heard of, or may have: after the life of deletions, or earlier, if its clock was ahead when it did. Whoever began anew since has nothing of
    /// what was deleted, and nothing to tell of it.
    /// </summary>
    public static bool IsLost(GlobalTouch here, GlobalTouch there, long life, long skew) => MayMiss(here, there, life, skew) || MayMiss(there, here, life, skew);

    private static bool MayMiss(GlobalTouch one, GlobalTouch other, long life, long skew)
    {
        var forgot = other.Forgotten > one.Heard;
        if (one.Copied == 0)
        {
            // Until it has once copied everything it has heard of little, but has nothing either of what was deleted before it began.
            forgot &= other.ForgottenOf > one.Began - skew;
        }

        return forgot || one.Now - Math.Max(one.Copied, Math.Max(one.Began, other.Began)) > life - skew;
    }
}
