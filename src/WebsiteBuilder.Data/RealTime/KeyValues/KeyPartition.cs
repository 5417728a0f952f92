using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>Where a key is: its partition, and the hash under which session tokens know it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct KeyPlace(int Partition, uint Hash)
{
    public static KeyPlace Of(string key, int partitions)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return new KeyPlace((int)(BinaryPrimitives.ReadUInt64LittleEndian(hash) % (uint)partitions), BinaryPrimitives.ReadUInt32LittleEndian(hash[8..]));
    }
}

/// <summary>The names of one partition's keys at the server. All share a hash slot.</summary>
internal sealed class KeyPartition(KeySpace keys, KeyValuePolicy policy, string space, int number)
{
    private const string Kind = "kv";

    private readonly string _name = number.ToString(CultureInfo.InvariantCulture);

    public ShardId Shard { get; } = new(StoreKind.Redis, policy.FirstShard + number);

    /// <summary>Clock and history.</summary>
    public RedisArgument Head => keys.Key(Kind, _name, "head");

    /// <summary>Keys that are listed, by the version of their last listed write.</summary>
    public RedisArgument Listed => keys.Key(Kind, _name, $"listed:{space}");

    public RedisArgument Value(string key) => keys.Key(Kind, _name, $"{space}:{key}");
}
