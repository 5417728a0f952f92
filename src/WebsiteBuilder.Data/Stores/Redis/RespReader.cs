using System.Buffers.Text;
using System.Text;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>How much of a reply is believed.</summary>
/// <param name="MaxBytes">What one reply may take in memory.</param>
/// <param name="MaxDepth">How deep arrays may be nested.</param>
internal readonly record struct RespLimits(long MaxBytes, int MaxDepth = 32);

/// <summary>One whole reply, or a push message that answers nothing.</summary>
internal readonly record struct RespFrame(RedisReply Reply, bool IsPush);

/// <summary>Reads RESP2 and RESP3 from a stream; blocks until a whole reply is there. One thread at a time.</summary>
/// <remarks>
/// Announced lengths are claims: memory grows with what has come, at most to twice of it, and a part of an array counts with what it takes here,
/// not with what it took on the way.
/// </remarks>
internal sealed class RespReader(Stream stream, RespLimits limits)
{
    private const int BufferSize = 16 * 1024;
    private const int MaxLine = 64 * 1024;
    private const int Step = 64 * 1024;
    private const int PartCost = 24;

    private static readonly byte[] Ok = "OK"u8.ToArray();

    private byte[] _buffer = new byte[BufferSize];
    private int _start;
    private int _end;
    private long _budget;

    /// <summary>Bytes that have come and are not read yet.</summary>
    public int Buffered => _end - _start;

    /// <summary>Called whenever bytes have come.</summary>
    public Action? Received { get; init; }

    /// <exception cref="RespFormatException">It isn't the protocol, or too much.</exception>
    /// <exception cref="EndOfStreamException">The stream ended.</exception>
    public RespFrame Read()
    {
        _budget = limits.MaxBytes;
        while (true)
        {
            var type = PeekType();
            if (type == '|')
            {
                // Attributes are about the reply that follows. None is asked for, so none has a meaning to us.
                ReadItem(0);
                continue;
            }

            var reply = ReadItem(0);
            return new RespFrame(reply, type == '>');
        }
    }

    private char PeekType()
    {
        Need(1);
        return (char)_buffer[_start];
    }

    private RedisReply ReadItem(int depth)
    {
        while (true)
        {
            var line = ReadLine(out var at);
            var type = (char)_buffer[at];
            var rest = _buffer.AsSpan(at + 1, line - 1);
            switch (type)
            {
                case '+':
                    Charge(rest.Length);
                    return RedisReply.FromBytes(rest.SequenceEqual("OK"u8) ? Ok : rest.ToArray());
                case ':':
                    return RedisReply.FromInt64(Number(rest));
                case '$' or '=' or '!':
                    return ReadBlob(type, Length(rest));
                case '_':
                    return rest.IsEmpty ? RedisReply.Null : throw new RespFormatException("A null that isn't empty.");
                case ',':
                    return RedisNumbers.TryParseDouble(rest, out var value) ? RedisReply.FromDouble(value) : throw new RespFormatException("No number.");
                case '#':
                    return RedisReply.FromBoolean(rest is [(byte)'t'] || (rest is [(byte)'f'] ? false : throw new RespFormatException("Neither true nor false.")));
                case '-':
                    Charge(rest.Length * 2);
                    return RedisReply.FromError(Encoding.UTF8.GetString(rest));
                case '(':
                    Charge(rest.Length);
                    return IsBigNumber(rest) ? RedisReply.FromBytes(rest.ToArray()) : throw new RespFormatException("No number.");
                case '*' or '~' or '>':
                    return ReadParts(Length(rest), depth, isMap: false);
                case '%':
                    return ReadParts(Length(rest), depth, isMap: true);
                case '|':
                    ReadParts(Length(rest), depth, isMap: true);
                    if (depth == 0)
                    {
                        return default;
                    }

                    continue;
                default:
                    throw new RespFormatException("A type that isn't known.");
            }
        }
    }

    private RedisReply ReadBlob(char type, long length)
    {
        if (length < 0)
        {
            return type == '$' ? RedisReply.Null : throw new RespFormatException("A negative length.");
        }

        Charge(length);
        var bytes = ReadBytes((int)length);
        Need(2);
        if (_buffer[_start] != '\r' || _buffer[_start + 1] != '\n')
        {
            throw new RespFormatException("Bytes that don't end where they should.");
        }

        _start += 2;
        return type switch
        {
            '$' => RedisReply.FromBytes(bytes),
            '!' => RedisReply.FromError(Encoding.UTF8.GetString(bytes)),
            _ when bytes.Length >= 4 && bytes[3] == ':' => RedisReply.FromBytes(bytes[4..]),
            _ => throw new RespFormatException("Text without its format."),
        };
    }

    private byte[] ReadBytes(int length)
    {
        if (length == 0)
        {
            return [];
        }

        var bytes = new byte[Math.Min(length, Math.Max(Step, Buffered))];
        var have = Math.Min(bytes.Length, Buffered);
        _buffer.AsSpan(_start, have).CopyTo(bytes);
        _start += have;
        while (have < length)
        {
            if (have == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(length, bytes.Length * 2L));
            }

            have += ReadSome(bytes.AsSpan(have));
        }

        return bytes;
    }

    private RedisReply ReadParts(long count, int depth, bool isMap)
    {
        if (count < 0)
        {
            return isMap ? throw new RespFormatException("A negative length.") : RedisReply.Null;
        }

        if (depth + 1 > limits.MaxDepth)
        {
            throw new RespFormatException("Nested too deeply.");
        }

        count = isMap ? count * 2 : count;
        if (count > limits.MaxBytes / PartCost)
        {
            throw TooMuch();
        }

        var parts = new RedisReply[Math.Min(count, 16)];
        for (var at = 0; at < count; at++)
        {
            Charge(PartCost);
            if (at == parts.Length)
            {
                Array.Resize(ref parts, (int)Math.Min(count, parts.Length * 2L));
            }

            parts[at] = ReadItem(depth + 1);
        }

        return isMap ? RedisReply.FromMap(parts) : RedisReply.FromArray(parts);
    }

    /// <summary>Reads up to the end of a line and says where it starts; its type is its first byte.</summary>
    private int ReadLine(out int at)
    {
        var seen = 0;
        while (true)
        {
            var end = _buffer.AsSpan(_start + seen, Buffered - seen).IndexOf((byte)'\n');
            if (end >= 0)
            {
                end += seen;
                at = _start;
                if (end < 2 || _buffer[at + end - 1] != '\r')
                {
                    throw new RespFormatException("A line without its end.");
                }

                _start += end + 1;
                return end - 1;
            }

            seen = Buffered;
            if (seen > MaxLine)
            {
                throw new RespFormatException("A line without end.");
            }

            Need(seen + 1);
        }
    }

    private void Need(int count)
    {
        while (Buffered < count)
        {
            if (_start == _end)
            {
                _start = _end = 0;
            }
            else if (_start > 0 && _end == _buffer.Length)
            {
                _buffer.AsSpan(_start, Buffered).CopyTo(_buffer);
                (_start, _end) = (0, Buffered);
            }

            if (_end == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            _end += ReadSome(_buffer.AsSpan(_end));
        }
    }

    private int ReadSome(Span<byte> into)
    {
        var read = stream.Read(into);
        if (read == 0)
        {
            throw new EndOfStreamException();
        }

        Received?.Invoke();
        return read;
    }

    private void Charge(long bytes)
    {
        _budget -= bytes;
        if (_budget < 0)
        {
            throw TooMuch();
        }
    }

    private long Length(ReadOnlySpan<byte> text) => Number(text) is >= -1 and <= int.MaxValue - 64 and var length ? length : throw TooMuch();

    private static long Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long value, out var used) && used == text.Length ? value : throw new RespFormatException("No number.");

    private static bool IsBigNumber(ReadOnlySpan<byte> text)
    {
        var digits = text is [(byte)'-' or (byte)'+', ..] ? text[1..] : text;
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private RespFormatException TooMuch() => new($"More than the {limits.MaxBytes:N0} bytes that a reply may take.");
}
