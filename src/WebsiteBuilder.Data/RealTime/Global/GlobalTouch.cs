using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What a region's copy knows of its ties to another one, in milliseconds of its own clock. Pure.</summary>
/// <param name="Now">The time there.</param>
/// <param name="Began">When this copy was begun, empty.</param>
/// <param name="Copied">When the last complete copy from the other one was begun; 0 if never.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GlobalTouch(long Now, long Began, long Copied)
{
    public static GlobalTouch Read(ReadOnlySpan<RedisReply> parts) => new(parts[0].AsInt64(), parts[1].AsInt64(), parts[2].AsInt64());

    /// <summary>
    /// Whether one of two copies may have forgotten a deletion that the other one never heard of. Whoever began anew since has nothing of what was deleted, and nothing to tell of it.
    /// </summary>
    public static bool IsLost(GlobalTouch here, GlobalTouch there, long life) =>
        here.Now - Math.Max(here.Copied, Math.Max(here.Began, there.Began)) > life || there.Now - Math.Max(there.Copied, Math.Max(there.Began, here.Began)) > life;
}
