using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The values of one row after the other, in cells that are used again: an entity hands its values out at once, and sending them may have to wait.
/// </summary>
internal sealed class CopyRow(string[] types) : EntityWriter
{
    private readonly Cell?[] _cells = new Cell?[types.Length];
    private int _next;

    public void NextRow() => _next = 0;

    public override void Write<T>(T value)
    {
        switch (value)
        {
            case DateTimeOffset time:
                Set(time.ToUniversalTime());
                break;
            case string text:
                Set(StoredText.Require(text));
                break;
            default:
                Set(value);
                break;
        }
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => Set(value is null ? null : JsonSerializer.Serialize(value, json));

    public async ValueTask WriteAsync(NpgsqlBinaryImporter importer, CancellationToken cancellationToken)
    {
        await importer.StartRowAsync(cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < _next; i++)
        {
            await _cells[i]!.WriteAsync(importer, types[i], cancellationToken).ConfigureAwait(false);
        }
    }

    private void Set<T>(T value)
    {
        if (_cells[_next] is not Cell<T> cell)
        {
            _cells[_next] = cell = new Cell<T>();
        }

        cell.Value = value;
        _next++;
    }

    private abstract class Cell
    {
        public abstract Task WriteAsync(NpgsqlBinaryImporter importer, string type, CancellationToken cancellationToken);
    }

    private sealed class Cell<T> : Cell
    {
        public T? Value { get; set; }

        public override Task WriteAsync(NpgsqlBinaryImporter importer, string type, CancellationToken cancellationToken) =>
            Value is null ? importer.WriteNullAsync(cancellationToken) : importer.WriteAsync(Value, type, cancellationToken);
    }
}
