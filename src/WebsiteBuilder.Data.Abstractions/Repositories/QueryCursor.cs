using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data;

/// <summary>
/// Cursors, wire format version 1: version, the first four bytes of the order's hash, and for each column of the order a letter and its value; all as base64url.
/// The hash keeps a cursor from being taken for a place in another order by mistake. It protects nothing: the values are in clear, and anybody may make some.
/// </summary>
internal static class QueryCursor
{
    public const byte Version = 1;
    public const int MaxLength = 4_096;
    private const int HashLength = 4;
    private const int HeaderLength = 1 + HashLength;

    private static readonly FrozenSet<Type> Types = new[]
    {
        typeof(bool), typeof(byte), typeof(short), typeof(int), typeof(long), typeof(float), typeof(double), typeof(decimal), typeof(string), typeof(Guid),
        typeof(DateTimeOffset), typeof(DateTime), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan), typeof(byte[]),
    }.ToFrozenSet();

    public static bool Takes(Type type) => Types.Contains(Nullable.GetUnderlyingType(type) ?? type);

    public static string Encode<TEntity>(
        MappedTable<TEntity> table, IReadOnlyList<Query<TEntity>.Ordering> order, IReadOnlyList<CapturedValue> values)
        where TEntity : class
    {
        var writer = new CursorWriter();
        writer.Bytes.Write([Version, .. Hash(table, order)]);
        foreach (var value in values)
        {
            value.WriteTo(writer);
        }

        var length = Base64Url.GetEncodedLength(writer.Bytes.WrittenCount);
        return length <= MaxLength ? Base64Url.EncodeToString(writer.Bytes.WrittenSpan) : throw CursorWriter.TooLong(nameof(values));
    }

    /// <exception cref="FormatException">The text is no cursor, or one of another order.</exception>
    public static IReadOnlyList<CapturedValue> Decode<TEntity>(string text, MappedTable<TEntity> table, IReadOnlyList<Query<TEntity>.Ordering> order)
        where TEntity : class
    {
        if (text.Length is 0 or > MaxLength)
        {
            throw CursorReader.Malformed();
        }

        var bytes = Base64Url.DecodeFromChars(text);
        if (bytes.Length < HeaderLength || bytes[0] != Version)
        {
            throw CursorReader.Malformed();
        }

        if (!bytes.AsSpan(1, HashLength).SequenceEqual(Hash(table, order)))
        {
            throw new FormatException("The cursor is one of another query: its order, or its table, isn't this one.");
        }

        var reader = new CursorReader(bytes.AsSpan(HeaderLength));
        var values = new List<CapturedValue>(order.Count);
        foreach (var ordering in order)
        {
            values.Add(ordering.Column.Read(ref reader));
        }

        reader.RequireEnd();
        return values;
    }

    private static ReadOnlySpan<byte> Hash<TEntity>(MappedTable<TEntity> table, IReadOnlyList<Query<TEntity>.Ordering> order)
        where TEntity : class
    {
        // Names are ASCII letters, digits and '_', so this text has one reading.
        var text = new StringBuilder(table.Name);
        foreach (var ordering in order)
        {
            text.Append(ordering.Descending ? " -" : " +").Append(ordering.Column.Name);
        }

        return SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())).AsSpan(0, HashLength);
    }
}

/// <summary>The letters in front of a cursor's values.</summary>
internal static class CursorTag
{
    public const byte Null = (byte)'0';

    public static byte Of(Type type) => (byte)(
        type == typeof(string) ? 's'
        : type == typeof(Guid) ? 'g'
        : type == typeof(DateTimeOffset) ? 't'
        : type == typeof(long) ? 'l'
        : type == typeof(int) ? 'i'
        : type == typeof(short) ? 'h'
        : type == typeof(byte) ? 'y'
        : type == typeof(bool) ? 'f'
        : type == typeof(double) ? 'd'
        : type == typeof(float) ? 'e'
        : type == typeof(decimal) ? 'm'
        : type == typeof(DateTime) ? 'T'
        : type == typeof(DateOnly) ? 'D'
        : type == typeof(TimeOnly) ? 'O'
        : type == typeof(TimeSpan) ? 'S'
        : 'b');
}

/// <summary>Writes a cursor's values.</summary>
internal sealed class CursorWriter : EntityWriter
{
    public ArrayBufferWriter<byte> Bytes { get; } = new(64);

    public static ArgumentException TooLong(string parameter) =>
        new($"The ordered values don't fit into a cursor of {QueryCursor.MaxLength} characters; order by shorter columns.", parameter);

    public override void Write<T>(T value)
    {
        if (value is null)
        {
            Bytes.Write([CursorTag.Null]);
            return;
        }

        Bytes.Write([CursorTag.Of(value.GetType())]);
        switch (value)
        {
            case string text:
                Text(text);
                break;
            case byte[] binary:
                Binary(binary);
                break;
            case Guid guid:
                guid.TryWriteBytes(Bytes.GetSpan(16), bigEndian: true, out _);
                Bytes.Advance(16);
                break;
            case DateTimeOffset time:
                Number(time.UtcTicks);
                break;
            case long number:
                Number(number);
                break;
            case int number:
                Number(number);
                break;
            case short number:
                Number(number);
                break;
            case byte number:
                Number(number);
                break;
            case bool flag:
                Number(flag ? 1 : 0);
                break;
            case double number:
                Number(BitConverter.DoubleToInt64Bits(number));
                break;
            case float number:
                Number(BitConverter.SingleToInt32Bits(number));
                break;
            case decimal number:
                foreach (var part in decimal.GetBits(number))
                {
                    Number(part);
                }

                break;
            case DateTime time:
                Number(time.Ticks);
                Number((long)time.Kind);
                break;
            case DateOnly date:
                Number(date.DayNumber);
                break;
            case TimeOnly time:
                Number(time.Ticks);
                break;
            case TimeSpan span:
                Number(span.Ticks);
                break;
        }
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => throw new ArgumentException("A JSON column has no order.", nameof(value));

    private void Number(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(Bytes.GetSpan(8), value);
        Bytes.Advance(8);
    }

    private void Text(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("No store keeps a text with U+0000.", nameof(text));
        }

        Binary(text.Length <= QueryCursor.MaxLength ? CursorReader.Utf8.GetBytes(text) : throw TooLong(nameof(text)));
    }

    private void Binary(byte[] bytes)
    {
        if (bytes.Length > QueryCursor.MaxLength)
        {
            throw TooLong(nameof(bytes));
        }

        BinaryPrimitives.WriteUInt16BigEndian(Bytes.GetSpan(2), (ushort)bytes.Length);
        Bytes.Advance(2);
        Bytes.Write(bytes);
    }
}

/// <summary>Reads a cursor's values. Whatever it isn't sure of is malformed.</summary>
internal ref struct CursorReader(ReadOnlySpan<byte> bytes)
{
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public static FormatException Malformed() => new("The text is no cursor of this version.");

    public readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
        {
            throw Malformed();
        }
    }

    /// <summary>Reads a value of a type, or null.</summary>
    public object? Read(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        var tag = Take(1)[0];
        if (tag == CursorTag.Null)
        {
            return null;
        }

        if (tag != CursorTag.Of(type))
        {
            throw Malformed();
        }

        return (char)tag switch
        {
            's' => Text(),
            'b' => Binary().ToArray(),
            'g' => new Guid(Take(16), bigEndian: true),
            't' => new DateTimeOffset(Number(0, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero),
            'l' => Number(long.MinValue, long.MaxValue),
            'i' => (int)Number(int.MinValue, int.MaxValue),
            'h' => (short)Number(short.MinValue, short.MaxValue),
            'y' => (byte)Number(byte.MinValue, byte.MaxValue),
            'f' => Number(0, 1) == 1,
            'd' => BitConverter.Int64BitsToDouble(Number(long.MinValue, long.MaxValue)),
            'e' => BitConverter.Int32BitsToSingle((int)Number(int.MinValue, int.MaxValue)),
            'm' => Decimal(),
            'T' => new DateTime(Number(0, DateTime.MaxValue.Ticks), (DateTimeKind)Number((long)DateTimeKind.Unspecified, (long)DateTimeKind.Utc)),
            'D' => DateOnly.FromDayNumber((int)Number(0, DateOnly.MaxValue.DayNumber)),
            'O' => new TimeOnly(Number(0, TimeOnly.MaxValue.Ticks)),
            'S' => new TimeSpan(Number(long.MinValue, long.MaxValue)),
            _ => throw Malformed(),
        };
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw Malformed();
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private long Number(long least, long most)
    {
        var number = BinaryPrimitives.ReadInt64BigEndian(Take(8));
        return number >= least && number <= most ? number : throw Malformed();
    }

    private ReadOnlySpan<byte> Binary() => Take(BinaryPrimitives.ReadUInt16BigEndian(Take(2)));

    private string Text()
    {
        string text;
        try
        {
            text = Utf8.GetString(Binary());
        }
        catch (DecoderFallbackException)
        {
            throw Malformed();
        }

        // No store takes it as a value, so no cursor was made of it.
        return text.Contains('\0', StringComparison.Ordinal) ? throw Malformed() : text;
    }

    private decimal Decimal()
    {
        Span<int> bits = stackalloc int[4];
        foreach (ref var part in bits)
        {
            part = (int)Number(int.MinValue, int.MaxValue);
        }

        try
        {
            return new decimal(bits);
        }
        catch (ArgumentException)
        {
            throw Malformed();
        }
    }
}
