using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Captures values as PostgreSQL would keep them: points in time in UTC and whole microseconds, JSON as text, no NUL in texts.</summary>
internal sealed class CellWriter : EntityWriter
{
    private static readonly long Epoch = new DateTime(2000, 1, 1).Ticks;
    private readonly List<object?> _cells = [];

    public object?[] ToCells() => [.. _cells];

    public static object? Capture(Action<EntityWriter> write)
    {
        var writer = new CellWriter();
        write(writer);
        return writer._cells.Single();
    }

    public override void Write<T>(T value) => _cells.Add(value switch
    {
        string text when text.Contains('\0', StringComparison.Ordinal) => throw Rejected("22021", "A text can't hold U+0000."),
        string text when !HasUtf8(text) => throw Rejected("22021", "A text can't hold half a surrogate pair."),
        DateTimeOffset time => new DateTimeOffset(Microseconds(time.UtcTicks), TimeSpan.Zero),
        DateTime time => new DateTime(Microseconds(time.Ticks), time.Kind),
        TimeOnly time => new TimeOnly(time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond)),
        TimeSpan span => new TimeSpan(span.Ticks - (span.Ticks % TimeSpan.TicksPerMicrosecond)),
        byte[] bytes => bytes.Clone(),
        _ => value,
    });

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json)
    {
        if (value is null)
        {
            _cells.Add(null);
            return;
        }

        var text = JsonSerializer.Serialize(value, json);
        _cells.Add(HoldsNul(text) ? throw Rejected("22P05", "JSON can't hold U+0000.") : text);
    }

    /// <summary>The driver counts from 2000 on and drops the rest, so earlier times move forward. The ends of the range are infinity, and stay.</summary>
    private static long Microseconds(long ticks) =>
        ticks == DateTime.MinValue.Ticks || ticks == DateTime.MaxValue.Ticks ? ticks : ticks - ((ticks - Epoch) % TimeSpan.TicksPerMicrosecond);

    private static bool HasUtf8(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    private static bool HoldsNul(string json)
    {
        if (!json.Contains("\\u0000", StringComparison.Ordinal))
        {
            return false;
        }

        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName
                && reader.GetString()!.Contains('\0', StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static StoreFaultException Rejected(string code, string message) =>
        new(StoreFaultKind.Rejected, WriteDisposition.NotApplied, message) { Code = code };
}
