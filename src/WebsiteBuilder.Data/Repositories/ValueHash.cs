using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>
/// A hash of values in a canonical form: a letter for what it is, its length where that varies, its bytes. Values that the store keeps as one
/// and the same hash alike.
/// </summary>
internal sealed class ValueHash : EntityWriter, IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ValueHash(string form) => Text('s', form);

    public Guid First128Bits()
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetCurrentHash(bytes);
        return new Guid(bytes[..16], bigEndian: true);
    }

    public override void Write<T>(T value) => Value(value);

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json)
    {
        if (value is null)
        {
            Value(null);
            return;
        }

        Bytes('j', JsonSerializer.SerializeToUtf8Bytes(value, json));
    }

    public void Dispose() => _hash.Dispose();

    private void Value(object? value)
    {
        switch (value)
        {
            case null:
                Bytes('0', []);
                break;
            case string text:
                Text('s', text);
                break;
            case long or int or short or byte:
                Number('i', Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case Guid guid:
                Span<byte> bytes = stackalloc byte[16];
                guid.TryWriteBytes(bytes, bigEndian: true, out _);
                Bytes('g', bytes);
                break;
            case DateTimeOffset time:
                // An instant, in the microseconds that are stored.
                Number('t', time.UtcTicks / TimeSpan.TicksPerMicrosecond);
                break;
            case byte[] binary:
                Bytes('b', binary);
                break;
            case DateTime time:
                Number('d', time.Ticks / TimeSpan.TicksPerMicrosecond);
                break;
            case TimeOnly time:
                // As text it would lose its seconds.
                Number('o', time.Ticks / TimeSpan.TicksPerMicrosecond);
                break;
            case double number:
                Text('n', number.ToString("R", CultureInfo.InvariantCulture));
                break;
            case float number:
                Text('n', number.ToString("R", CultureInfo.InvariantCulture));
                break;
            case bool flag:
                Number('f', flag ? 1 : 0);
                break;
            case IFormattable formattable:
                Text('v', formattable.ToString(null, CultureInfo.InvariantCulture));
                break;
            case IList list:
                Number('l', list.Count);
                foreach (var element in list)
                {
                    Value(element);
                }

                break;
            default:
                throw new ArgumentException(
                    $"Values of type {value.GetType().Name} can't be compared, so a write that stores them takes no idempotency key; numbers, texts, Guids, times, booleans, bytes, lists of these, and JSON can.",
                    nameof(value));
        }
    }

    private void Number(char kind, long value)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], value);
        _hash.AppendData(bytes);
    }

    private void Text(char kind, string text) => Bytes(kind, Encoding.UTF8.GetBytes(text));

    private void Bytes(char kind, ReadOnlySpan<byte> bytes)
    {
        Number(kind, bytes.Length);
        _hash.AppendData(bytes);
    }
}
