using System.Globalization;
using System.Text;
using System.Text.Json;
using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Shared;

namespace WebsiteBuilder.Data.Specs;

public class XxHashVectorTests
{
    private const string Vectors = "hash/xxhash-murmur-crc.json";

    // The second hash of each buffer is seeded with the first prime of the 32-bit algorithm, as the reference's own checks are.
    private const ulong Seed = 2_654_435_761;

    [SharedDataFact(Vectors)]
    public void Buffers_of_every_interesting_length_hash_as_published()
    {
        using var file = JsonDocument.Parse(SharedData.Read(Vectors));
        var buffers = file.RootElement.GetProperty("buffers").EnumerateArray().ToArray();

        Assert.True(buffers.Length >= 18);
        foreach (var buffer in buffers)
        {
            var data = Buffer(buffer.GetProperty("len").GetInt32());
            Assert.Equal(Hex(buffer, "xxh64"), XxHash64.Hash(data));
            Assert.Equal(Hex(buffer, "xxh64_seed"), XxHash64.Hash(data, Seed));
        }
    }

    [SharedDataFact(Vectors)]
    public void Texts_hash_as_published()
    {
        using var file = JsonDocument.Parse(SharedData.Read(Vectors));
        var texts = file.RootElement.GetProperty("strings").EnumerateArray().ToArray();

        Assert.True(texts.Length >= 20);
        foreach (var text in texts)
        {
            Assert.Equal(Hex(text, "xxh64"), XxHash64.Hash(Encoding.UTF8.GetBytes(text.GetProperty("s").GetString()!)));
        }
    }

    /// <summary>The vectors' own recipe.</summary>
    private static byte[] Buffer(int length)
    {
        var data = new byte[length];
        for (var i = 0L; i < length; i++)
        {
            data[i] = (byte)((uint)(i * 2_654_435_761) >> 24);
        }

        return data;
    }

    private static ulong Hex(JsonElement element, string name) =>
        ulong.Parse(element.GetProperty(name).GetString()!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
