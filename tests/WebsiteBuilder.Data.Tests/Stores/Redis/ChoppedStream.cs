namespace WebsiteBuilder.Data.Tests.Stores.Redis;

/// <summary>Gives recorded bytes in pieces, as a network does.</summary>
internal sealed class ChoppedStream(byte[] bytes, Func<int> piece) : MemoryStream(bytes, writable: false)
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, Math.Max(1, piece()))]);
}
