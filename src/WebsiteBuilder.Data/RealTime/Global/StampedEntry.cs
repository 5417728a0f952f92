using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>An entry as the scripts keep it: see <see cref="GlobalScripts"/>.</summary>
/// <param name="Time">When it was written.</param>
/// <param name="Region">Where.</param>
/// <param name="Value">Null if it is deleted.</param>
internal sealed record StampedEntry(HybridTime Time, RegionId Region, ReadOnlyMemory<byte>? Value)
{
    private const int RegionAt = 1 + HybridTime.TextLength;
    private const int NameAt = RegionAt + 2;
    private const int OwnLetters = 8;

    /// <summary>A region's name behind its length in two digits.</summary>
    public static string Measured(RegionId region) => string.Create(CultureInfo.InvariantCulture, $"{region.ToString().Length:d2}{region}");

    /// <exception cref="RedisFaultException">It isn't what our scripts write.</exception>
    public static StampedEntry Read(ReadOnlyMemory<byte> blob)
    {
        var span = blob.Span;
        if (span.Length >= NameAt && span[0] is (byte)'v' or (byte)'d'
            && HybridTime.TryParse(Encoding.ASCII.GetString(span.Slice(1, HybridTime.TextLength)), out var time)
            && int.TryParse(span.Slice(RegionAt, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && span.Length >= NameAt + length + OwnLetters
            && RegionId.TryParse(Encoding.ASCII.GetString(span.Slice(NameAt, length)), null, out var region))
        {
            return new StampedEntry(time, region, span[0] == (byte)'v' ? blob[(NameAt + length + OwnLetters)..] : (ReadOnlyMemory<byte>?)null);
        }

        throw new RedisFaultException(RedisFaultKind.Malformed, WriteDisposition.NotApplied, "A global entry isn't as this library writes it.");
    }
}
