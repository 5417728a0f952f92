using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data.Sharding;

/// <summary>
/// The canonical bytes of a key: a type letter and the value of each part, texts with their length in front. The same in every process
/// and version, because hashes of it travel in tokens and decide buckets.
/// </summary>
internal sealed class KeyEncoding : EntityWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64);

    private KeyEncoding()
    {
    }

    /// <summary>A hash of one key of one data set, as tokens remember it.</summary>
    public static uint Hash<TEntity, TKey>(EntityMap<TEntity, TKey> map, TKey key)
        where TEntity : class
        where TKey : notnull
    {
        var hash = XxHash64.Hash(Encode(map, key));
        return (uint)(hash ^ (hash >> 32));
    }

    public static ReadOnlySpan<byte> Encode<TEntity, TKey>(EntityMap<TEntity, TKey> map, TKey key)
        where TEntity : class
        where TKey : notnull
    {
        var encoding = new KeyEncoding();
        encoding.Text(map.Table);
        map.WriteKey(key, encoding);
        return encoding._bytes.WrittenSpan;
    }

    public override void Write<T>(T value)
    {
        switch (value)
        {
            case Guid guid:
                Tag('g');
                guid.TryWriteBytes(_bytes.GetSpan(16), bigEndian: true, out _);
                _bytes.Advance(16);
                break;
            case string text:
                Tag('s');
                Text(text);
                break;
            case long or int or short or byte:
                Tag('i');
                Number(Convert.ToInt64(value, provider: null));
                break;
            case bool flag:
                Tag(flag ? 't' : 'f');
                break;
            case null:
                throw new ArgumentException("No part of a key can be null.", nameof(value));
            default:
                throw new ArgumentException($"A key can't hold values of type {typeof(T).Name}; numbers up to 64 bits, texts, Guids and booleans can.", nameof(value));
        }
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => throw new ArgumentException("A key can't hold JSON.", nameof(value));

    private void Tag(char tag)
    {
        _bytes.GetSpan(1)[0] = (byte)tag;
        _bytes.Advance(1);
    }

    private void Number(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    private void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Number(length);
        Encoding.UTF8.GetBytes(text, _bytes.GetSpan(length));
        _bytes.Advance(length);
    }
}
