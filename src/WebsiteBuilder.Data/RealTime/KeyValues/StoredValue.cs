using System.Buffers.Text;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>How a value is kept: its version in 16 digits, and the bytes.</summary>
internal static class StoredValue
{
    private const int Head = 16;

    public static KeyValueEntry? Read(string key, RedisReply reply)
    {
        if (reply.AsBytes() is not { } bytes)
        {
            return null;
        }

        return bytes.Length >= Head && Utf8Parser.TryParse(bytes.AsSpan(0, Head), out long version, out var used) && used == Head && version > 0
            ? new KeyValueEntry(key, bytes.AsMemory(Head), version)
            : throw new RedisFaultException(RedisFaultKind.Malformed, WriteDisposition.NotApplied, "A value isn't as this library writes it.");
    }
}
