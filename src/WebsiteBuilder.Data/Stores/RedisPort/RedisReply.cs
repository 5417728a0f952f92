using System.Buffers.Text;
using System.Globalization;
using System.Text;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data;

/// <summary>What an answer, or a part of one, is.</summary>
public enum RedisReplyKind
{
    /// <summary>Nothing: no such key, no such field, not done.</summary>
    Null = 0,

    /// <summary>A whole number.</summary>
    WholeNumber = 1,

    /// <summary>Text or bytes.</summary>
    Bytes = 2,

    /// <summary>A number with a fraction. RESP2 sends it as <see cref="Bytes"/>.</summary>
    Fraction = 3,

    /// <summary>True or false. RESP2 sends it as <see cref="WholeNumber"/>.</summary>
    Boolean = 4,

    /// <summary>A list of parts; also a set.</summary>
    Array = 5,

    /// <summary>Keys and values in turn. RESP2 sends it as <see cref="Array"/>.</summary>
    Map = 6,

    /// <summary>An error inside of an array. A command that is answered by one throws instead.</summary>
    Error = 7,
}

/// <summary>An answer, or a part of one.</summary>
/// <remarks>
/// <para>The conversions accept whatever form a server or client gives the same answer in: a number may come as text, a map as an array of
/// pairs. What can't be meant throws <see cref="RedisFaultException"/> (<see cref="RedisFaultKind.Malformed"/>).</para>
/// <para>Immutable, if nobody changes the bytes that it was made of. It costs no memory beyond its bytes and its array of parts.</para>
/// </remarks>
public readonly struct RedisReply
{
    private readonly object? _content;
    private readonly long _number;

    private RedisReply(RedisReplyKind kind, object? content, long number)
    {
        Kind = kind;
        _content = content;
        _number = number;
    }

    /// <summary>No answer: what <c>GET</c> says of a key that isn't there.</summary>
    public static RedisReply Null => default;

    /// <summary>What it is.</summary>
    public RedisReplyKind Kind { get; }

    /// <summary>Whether it is nothing.</summary>
    public bool IsNull => Kind == RedisReplyKind.Null;

    /// <summary>The parts of an array; of a map, keys and values in turn; else none.</summary>
    public ReadOnlySpan<RedisReply> Items => _content as RedisReply[];

    /// <summary>The error's first word, such as <c>WRONGTYPE</c>; null if it is no error.</summary>
    public string? ErrorCode => Kind == RedisReplyKind.Error ? ServerErrors.CodeOf((string)_content!) : null;

    /// <summary>The error in the server's words, which may quote keys and values; null if it is no error.</summary>
    public string? ErrorText => Kind == RedisReplyKind.Error ? (string)_content! : null;

    /// <summary>A whole number.</summary>
    public static RedisReply FromInt64(long value) => new(RedisReplyKind.WholeNumber, null, value);

    /// <summary>A number with a fraction.</summary>
    public static RedisReply FromDouble(double value) => new(RedisReplyKind.Fraction, null, BitConverter.DoubleToInt64Bits(value));

    /// <summary>True or false.</summary>
    public static RedisReply FromBoolean(bool value) => new(RedisReplyKind.Boolean, null, value ? 1 : 0);

    /// <summary>Bytes, which are not copied; nothing, if there are none.</summary>
    public static RedisReply FromBytes(byte[]? value) => value is null ? default : new(RedisReplyKind.Bytes, value, 0);

    /// <summary>A list, which is not copied; nothing, if there is none.</summary>
    public static RedisReply FromArray(RedisReply[]? items) => items is null ? default : new(RedisReplyKind.Array, items, 0);

    /// <summary>Keys and values in turn, which are not copied.</summary>
    /// <exception cref="ArgumentException">There is an odd number of them.</exception>
    public static RedisReply FromMap(RedisReply[] keysAndValues)
    {
        ArgumentNullException.ThrowIfNull(keysAndValues);
        return keysAndValues.Length % 2 == 0
            ? new(RedisReplyKind.Map, keysAndValues, 0)
            : throw new ArgumentException("A key lacks its value.", nameof(keysAndValues));
    }

    /// <summary>An error.</summary>
    /// <param name="text">The server's words, its code first.</param>
    public static RedisReply FromError(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(RedisReplyKind.Error, text, 0);
    }

    /// <summary>A whole number, from a number or its digits, or from true (1) and false (0).</summary>
    public long AsInt64() => Kind switch
    {
        RedisReplyKind.WholeNumber or RedisReplyKind.Boolean => _number,
        RedisReplyKind.Bytes when Utf8Parser.TryParse((byte[])_content!, out long value, out var used) && used == ((byte[])_content!).Length => value,
        _ => throw Unexpected("a whole number"),
    };

    /// <summary>A number, from a number or its digits; <c>inf</c> and <c>-inf</c> are the infinities.</summary>
    public double AsDouble() => Kind switch
    {
        RedisReplyKind.WholeNumber => _number,
        RedisReplyKind.Fraction => BitConverter.Int64BitsToDouble(_number),
        RedisReplyKind.Bytes when RedisNumbers.TryParseDouble((byte[])_content!, out var value) => value,
        _ => throw Unexpected("a number"),
    };

    /// <summary>True or false; a number is true unless it is 0; <c>OK</c> is true and nothing is false, which is how <c>SET … NX</c> answers.</summary>
    public bool AsBoolean() => Kind switch
    {
        RedisReplyKind.WholeNumber or RedisReplyKind.Boolean => _number != 0,
        RedisReplyKind.Null => false,
        RedisReplyKind.Bytes when ((byte[])_content!).AsSpan().SequenceEqual("OK"u8) => true,
        RedisReplyKind.Bytes when ((byte[])_content!) is [(byte)'0' or (byte)'1'] => ((byte[])_content!)[0] == '1',
        _ => throw Unexpected("true or false"),
    };

    /// <summary>Bytes, of a number its digits; null if it is nothing. The caller must not change them.</summary>
    public byte[]? AsBytes() => Kind switch
    {
        RedisReplyKind.Null => null,
        RedisReplyKind.Bytes => (byte[])_content!,
        RedisReplyKind.WholeNumber or RedisReplyKind.Fraction => Encoding.ASCII.GetBytes(Digits()),
        _ => throw Unexpected("bytes"),
    };

    /// <summary>Text from UTF-8, of a number its digits; null if it is nothing.</summary>
    public string? AsString() => Kind switch
    {
        RedisReplyKind.Null => null,
        RedisReplyKind.Bytes => Encoding.UTF8.GetString((byte[])_content!),
        RedisReplyKind.WholeNumber or RedisReplyKind.Fraction => Digits(),
        _ => throw Unexpected("text"),
    };

    /// <summary>The parts of a list, a set or a map; none if it is nothing.</summary>
    public ReadOnlySpan<RedisReply> AsItems() => Kind switch
    {
        RedisReplyKind.Null => [],
        RedisReplyKind.Array or RedisReplyKind.Map => (RedisReply[])_content!,
        _ => throw Unexpected("a list"),
    };

    /// <summary>The value behind a key, in a map or an array of keys and values in turn; nothing if there is no such key.</summary>
    public RedisReply this[string key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            var items = AsItems();
            for (var at = 0; at + 1 < items.Length; at += 2)
            {
                if (items[at].Kind == RedisReplyKind.Bytes && string.Equals(items[at].AsString(), key, StringComparison.Ordinal))
                {
                    return items[at + 1];
                }
            }

            return default;
        }
    }

    /// <summary>The kind: values are nobody's business in a log.</summary>
    public override string ToString() => Kind is RedisReplyKind.Array or RedisReplyKind.Map ? $"{Kind} of {Items.Length}" : Kind.ToString();

    private string Digits() => Kind == RedisReplyKind.WholeNumber
        ? _number.ToString(CultureInfo.InvariantCulture)
        : RedisNumbers.Format(BitConverter.Int64BitsToDouble(_number));

    private RedisFaultException Unexpected(string wanted) =>
        new(RedisFaultKind.Malformed, WriteDisposition.Ambiguous, $"The answer is of kind {Kind} where {wanted} was expected.") { Code = ErrorCode };
}
