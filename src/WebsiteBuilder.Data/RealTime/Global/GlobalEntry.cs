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
/// <param name="Unreachable">How many regions couldn't be asked, wholly or in part; the next copy goes on where this one ended.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GlobalCopy(long Seen, long Changed, int Unreachable);
