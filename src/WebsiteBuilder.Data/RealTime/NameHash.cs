using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>A short name for a long or secret one: 128 bits of its SHA-256 in 22 letters, from which it can't be had back.</summary>
internal static class NameHash
{
    private const int Kept = 16;

    public static string Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(name), hash);
        return Base64Url.EncodeToString(hash[..Kept]);
    }
}
