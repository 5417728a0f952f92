using System.Buffers.Binary;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Execution;

/// <summary>Makes ids of attempts: never used before, and close to those made at about the same time, so that they share pages of the index.</summary>
internal static class OperationIds
{
    /// <summary>48 bits of time in milliseconds, which may be wrong, and 80 random bits.</summary>
    public static Guid Next(EngineRuntime runtime)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, runtime.Time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        runtime.FillRandom(bytes[6..]);
        return new Guid(bytes, bigEndian: true);
    }
}
