using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Commands that wait to be sent, as the bytes they are sent as.</summary>
internal sealed class OutBuffer
{
    private const int Small = 16 * 1024;
    private const int Kept = 256 * 1024;

    private byte[] _bytes = new byte[Small];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > Kept)
        {
            _bytes = new byte[Small];
        }
    }

    public void Append(ReadOnlySpan<byte> raw)
    {
        raw.CopyTo(Room(raw.Length));
        Length += raw.Length;
    }

    /// <summary>A command; a script by its hash or by its text.</summary>
    public void Append(in RedisCommand command, bool scriptAsText)
    {
        var script = command.Script;
        Head('*', command.ArgumentCount + (script is null ? 1 : 3));
        if (script is null)
        {
            Blob(command.Name);
        }
        else
        {
            var keys = 0;
            while (keys < command.ArgumentCount && command[keys].IsKey)
            {
                keys++;
            }

            Blob(scriptAsText ? "EVAL" : "EVALSHA");
            Blob(scriptAsText ? script.Text : script.Hash);
            Blob(RedisArgument.FromInt64(keys));
        }

        for (var at = 0; at < command.ArgumentCount; at++)
        {
            Blob(command[at]);
        }
    }

    private void Blob(string text)
    {
        if (Ascii.IsValid(text))
        {
            Head('$', text.Length);
            Encoding.ASCII.GetBytes(text, Room(text.Length));
            Length += text.Length;
            End();
            return;
        }

        Blob(RedisArgument.FromString(text));
    }

    private void Blob(RedisArgument argument)
    {
        var count = argument.ByteCount;
        Head('$', count);
        Length += argument.CopyTo(Room(count));
        End();
    }

    private void Head(char type, int number)
    {
        var room = Room(16);
        room[0] = (byte)type;
        if (number < 10)
        {
            room[1] = (byte)('0' + number);
            room[2] = (byte)'\r';
            room[3] = (byte)'\n';
            Length += 4;
            return;
        }

        number.TryFormat(room[1..], out var digits, provider: CultureInfo.InvariantCulture);
        room[digits + 1] = (byte)'\r';
        room[digits + 2] = (byte)'\n';
        Length += digits + 3;
    }

    private void End()
    {
        var room = Room(2);
        room[0] = (byte)'\r';
        room[1] = (byte)'\n';
        Length += 2;
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, (long)Length + count))));
        }

        return _bytes.AsSpan(Length);
    }
}
