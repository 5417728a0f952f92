using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Captures values as PostgreSQL would keep them: points in time in UTC and whole microseconds, JSON as text, no NUL in texts.</summary>
internal sealed class CellWriter : EntityWriter
{
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
        DateTimeOffset time => Microseconds(time),
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

    private static DateTimeOffset Microseconds(DateTimeOffset time)
    {
        var ticks = time.UtcTicks;
        return new DateTimeOffset(ticks - (ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
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
