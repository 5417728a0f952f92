using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data;

/// <summary>A global key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="WrittenAt">When it was written, by a clock that is never behind what its writer's region had seen: mostly the wall time of that region's Redis.</param>
/// <param name="WrittenIn">Where it was written.</param>
public sealed record GlobalEntry(string Key, ReadOnlyMemory<byte> Value, DateTimeOffset WrittenAt, RegionId WrittenIn);

/// <summary>What a copy did.</summary>
/// <param name="Seen">How many entries came from other regions.</param>
/// <param name="Changed">How many of them were newer than what was here.</param>
/// <param name="Unreachable">How many regions couldn't be asked to the end; the next copy goes on where this one ended.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GlobalCopy(long Seen, long Changed, int Unreachable)
{
    /// <summary>
    /// How many entries were newer, but left out because their stamps are further ahead of the local server's clock than <see cref="GlobalKeysPolicy.MaxClockSkew"/>. A full copy takes them in once that has passed.
    /// </summary>
    public long Refused { get; init; }

    /// <summary>
    /// How many regions were left out because one of the two has forgotten a deletion that the other never heard of, or may have, since they haven't copied for <see cref="GlobalKeysPolicy.TombstoneLife"/>: one of
    /// them must begin anew, see <see cref="GlobalKeys.BeginAnewAsync"/>.
    /// </summary>
    public int OutOfTouch { get; init; }

    /// <summary>For how long the first of what was refused still will be.</summary>
    internal TimeSpan Wait { get; init; }

    /// <summary>Both, of different regions or of parts of one.</summary>
    internal GlobalCopy Add(GlobalCopy other) => new(Seen + other.Seen, Changed + other.Changed, Unreachable + other.Unreachable)
    {
        Refused = Refused + other.Refused,
        OutOfTouch = OutOfTouch + other.OutOfTouch,
        Wait = Refused == 0 || (other.Refused > 0 && other.Wait < Wait) ? other.Wait : Wait,
    };

    /// <summary>The same of several parts of one region.</summary>
    internal GlobalCopy OfOneRegion() => this with { Unreachable = Math.Min(Unreachable, 1), OutOfTouch = Math.Min(OutOfTouch, 1) };
}
