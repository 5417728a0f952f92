using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// How entries are kept and sent: a version byte, the lengths of the connection and the user, these two, and the state. Messages have the kind of change
/// before it.
/// </summary>
internal static class PresenceFrame
{
    private const byte Version = 1;
    private const int Head = 5;

    public static byte[] Encode(PresenceEntry entry)
    {
        var (connection, user) = (Encoding.UTF8.GetByteCount(entry.ConnectionId), Encoding.UTF8.GetByteCount(entry.UserId));
        var bytes = new byte[Head + connection + user + entry.State.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(1), (ushort)connection);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(3), (ushort)user);
        Encoding.UTF8.GetBytes(entry.ConnectionId, bytes.AsSpan(Head));
        Encoding.UTF8.GetBytes(entry.UserId, bytes.AsSpan(Head + connection));
        entry.State.Span.CopyTo(bytes.AsSpan(Head + connection + user));
        return bytes;
    }

    public static bool TryDecode(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out PresenceEntry? entry)
    {
        entry = null;
        var span = bytes.Span;
        if (span.Length < Head || span[0] != Version)
        {
            return false;
        }

        var connection = BinaryPrimitives.ReadUInt16LittleEndian(span[1..]);
        var user = BinaryPrimitives.ReadUInt16LittleEndian(span[3..]);
        if (span.Length < Head + connection + user)
        {
            return false;
        }

        entry = new PresenceEntry(
            Encoding.UTF8.GetString(span.Slice(Head + connection, user)), Encoding.UTF8.GetString(span.Slice(Head, connection)), bytes[(Head + connection + user)..]);
        return true;
    }

    public static bool TryDecodeChange(ReadOnlyMemory<byte> message, out PresenceChange change)
    {
        change = default;
        if (message.IsEmpty || !TryDecode(message[1..], out var entry))
        {
            return false;
        }

        var kind = (char)message.Span[0] switch
        {
            'J' => PresenceChangeKind.Joined,
            'U' => PresenceChangeKind.Updated,
            'L' => PresenceChangeKind.Left,
            _ => PresenceChangeKind.Unspecified,
        };
        change = new PresenceChange(kind, [entry]);
        return kind != PresenceChangeKind.Unspecified;
    }
}
