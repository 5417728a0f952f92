using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What a region's copy knows of its ties to another one, in milliseconds of its own clock. Pure.</summary>
/// <param name="Now">The time there.</param>
/// <param name="Began">When this copy was begun, empty.</param>
/// <param name="Copied">When the last complete copy from the other one was begun; 0 if never.</param>
/// <param name="Forgotten">When the latest of the deletions that it has forgotten had come to be known there; 0 if none was.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GlobalTouch(long Now, long Began, long Copied, long Forgotten)
{
    /// <summary>How many parts of a reply it is.</summary>
    public const int Parts = 4;

    public static GlobalTouch Read(ReadOnlySpan<RedisReply> parts) => new(parts[0].AsInt64(), parts[1].AsInt64(), parts[2].AsInt64(), parts[3].AsInt64());

    /// <summary>
    /// Whether one of two copies may have forgotten a deletion that the other one never heard of: after the life of deletions, or earlier, if its clock was ahead when it did. Whoever began anew since has nothing of
    /// what was deleted, and nothing to tell of it.
    /// </summary>
    public static bool IsLost(GlobalTouch here, GlobalTouch there, long life, long skew) => MayMiss(here, there, life, skew) || MayMiss(there, here, life, skew);

    private static bool MayMiss(GlobalTouch one, GlobalTouch other, long life, long skew)
    {
        var heard = Math.Max(one.Copied, Math.Max(one.Began, other.Began));
        return one.Now - heard > life - skew || (other.Forgotten > 0 && other.Forgotten > heard - skew);
    }
}
