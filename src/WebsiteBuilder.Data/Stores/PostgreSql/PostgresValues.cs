using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Turns an entity's values into typed parameters.</summary>
internal sealed class ParameterWriter(NpgsqlParameterCollection parameters) : EntityWriter
{
    public override void Write<T>(T value)
    {
        if (value is DateTimeOffset time)
        {
            // A point in time has no offset in the store.
            parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime() });
            return;
        }

        parameters.Add(value is null ? new NpgsqlParameter { Value = DBNull.Value } : new NpgsqlParameter<T> { TypedValue = value });
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) =>
        parameters.Add(value is null
            ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb }
            : new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(value, json), NpgsqlDbType = NpgsqlDbType.Jsonb });
}

/// <summary>Turns the parts of many keys into one array parameter for each part.</summary>
internal sealed class KeyArrays(int capacity) : EntityWriter
{
    private readonly List<Part> _parts = [];
    private int _next;

    private abstract class Part
    {
        public abstract NpgsqlParameter ToParameter();
    }

    private sealed class Part<T>(int capacity) : Part
    {
        public List<T> Values { get; } = new(capacity);

        public override NpgsqlParameter ToParameter() => new NpgsqlParameter<T[]> { TypedValue = [.. Values] };
    }

    public void NextKey() => _next = 0;

    public override void Write<T>(T value)
    {
        if (_next == _parts.Count)
        {
            _parts.Add(new Part<T>(capacity));
        }

        ((Part<T>)_parts[_next++]).Values.Add(value);
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => throw new ArgumentException("A key can't hold JSON.", nameof(value));

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        foreach (var part in _parts)
        {
            parameters.Add(part.ToParameter());
        }
    }
}

/// <summary>The row that a reader stands on.</summary>
internal sealed class PostgresRow : EntityRow
{
    private readonly NpgsqlDataReader _reader;

    public PostgresRow(NpgsqlDataReader reader, Territory territory)
    {
        _reader = reader;
        Territory = territory;
    }

    /// <summary>About how many bytes have been taken from rows so far.</summary>
    public int Bytes { get; private set; }

    public override T Get<TEntity, T>(EntityColumn<TEntity, T> column)
    {
        if (_reader.IsDBNull(column.Ordinal))
        {
            return default(T) is null
                ? default!
                : throw new InvalidCastException($"The column '{column.Name}' holds null, which its mapped type can't be.");
        }

        if (column.Json is { } json)
        {
            var text = _reader.GetFieldValue<byte[]>(column.Ordinal);
            Bytes += text.Length;
            return JsonSerializer.Deserialize(text, json)!;
        }

        var value = _reader.GetFieldValue<T>(column.Ordinal);
        Bytes += value switch
        {
            string text => text.Length,
            byte[] bytes => bytes.Length,
            _ => 8,
        };
        return value;
    }
}
