using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace WebsiteBuilder.Data;

/// <summary>One argument of a command: bytes, text that is sent as UTF-8, or a number that is sent as decimal digits.</summary>
/// <remarks>Bytes are not copied: they must not change until the command is answered.</remarks>
public readonly struct RedisArgument
{
    private readonly object? _source;
    private readonly long _number;
    private readonly int _length;

    private RedisArgument(object? source, long number, int length, bool isKey)
    {
        _source = source;
        _number = number;
        _length = length;
        IsKey = isKey;
    }

    /// <summary>Whether it is a key, by which a cluster finds the node.</summary>
    public bool IsKey { get; }

    /// <summary>How many bytes are sent.</summary>
    public int ByteCount => _source switch
    {
        string text => Encoding.UTF8.GetByteCount(text),
        byte[] => _length,
        _ => CountDigits(),
    };

    /// <summary>A key from text.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static RedisArgument Key(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new RedisArgument(key, 0, 0, isKey: true);
    }

    /// <summary>A key from bytes.</summary>
    public static RedisArgument Key(ReadOnlyMemory<byte> key) => Bytes(key, isKey: true);

    /// <summary>Text. The same as the conversion.</summary>
    public static RedisArgument FromString(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new RedisArgument(value, 0, 0, isKey: false);
    }

    /// <summary>A number. The same as the conversion.</summary>
    public static RedisArgument FromInt64(long value) => new(null, value, 0, isKey: false);

    /// <summary>A number in the shortest form that reads back the same; <c>inf</c> and <c>-inf</c> for the infinities.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is no number.</exception>
    public static RedisArgument FromDouble(double value) => FromString(value switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        double.NaN => throw new ArgumentOutOfRangeException(nameof(value), "Redis knows no NaN."),
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    });

    /// <summary>Bytes. The same as the conversion.</summary>
    public static RedisArgument FromBytes(ReadOnlyMemory<byte> value) => Bytes(value, isKey: false);

    /// <summary>Text.</summary>
    public static implicit operator RedisArgument(string value) => FromString(value);

    /// <summary>A number.</summary>
    public static implicit operator RedisArgument(long value) => FromInt64(value);

    /// <summary>A number.</summary>
    public static implicit operator RedisArgument(double value) => FromDouble(value);

    /// <summary>Bytes.</summary>
    public static implicit operator RedisArgument(byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return FromBytes(value);
    }

    /// <summary>Bytes.</summary>
    public static implicit operator RedisArgument(ReadOnlyMemory<byte> value) => FromBytes(value);

    /// <summary>Writes the bytes that are sent.</summary>
    /// <param name="destination">At least <see cref="ByteCount"/> long.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public int CopyTo(Span<byte> destination)
    {
        switch (_source)
        {
            case string text:
                return Encoding.UTF8.GetBytes(text, destination);
            case byte[] bytes:
                bytes.AsSpan((int)_number, _length).CopyTo(destination);
                return _length;
            default:
                return _number.TryFormat(destination, out var written, provider: CultureInfo.InvariantCulture)
                    ? written
                    : throw new ArgumentException("Too short.", nameof(destination));
        }
    }

    /// <summary>The bytes that are sent, in an array of their own.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[ByteCount];
        CopyTo(bytes);
        return bytes;
    }

    private static RedisArgument Bytes(ReadOnlyMemory<byte> value, bool isKey) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Array is { } array
            ? new RedisArgument(array, segment.Offset, segment.Count, isKey)
            : new RedisArgument(value.ToArray(), 0, value.Length, isKey);

    private int CountDigits()
    {
        Span<byte> digits = stackalloc byte[20];
        _number.TryFormat(digits, out var written, provider: CultureInfo.InvariantCulture);
        return written;
    }
}
