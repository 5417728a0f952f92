using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data;

/// <summary>Somebody who is somewhere.</summary>
/// <param name="UserId">Who.</param>
/// <param name="ConnectionId">Over which of his connections: a user with two windows is there twice.</param>
/// <param name="State">What he wanted others to know: a cursor, a selection, a colour. Bytes that only the application understands.</param>
public sealed record PresenceEntry(string UserId, string ConnectionId, ReadOnlyMemory<byte> State);

/// <summary>What happened to a place.</summary>
public enum PresenceChangeKind
{
    /// <summary>Nothing.</summary>
    Unspecified = 0,

    /// <summary>Everybody who is there now: comes first, and again whenever changes may have been missed. What was known before is void.</summary>
    Everybody = 1,

    /// <summary>Somebody came.</summary>
    Joined = 2,

    /// <summary>Somebody who is there has a new state.</summary>
    Updated = 3,

    /// <summary>Somebody left, or hasn't been heard of for too long.</summary>
    Left = 4,
}

/// <summary>A change of who is at a place.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Entries">Who it is about: everybody, or one.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PresenceChange(PresenceChangeKind Kind, IReadOnlyList<PresenceEntry> Entries);
