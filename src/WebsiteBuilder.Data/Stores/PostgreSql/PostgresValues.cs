using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Turns an entity's values into typed parameters.</summary>
/// <param name="parameters">Where to.</param>
/// <param name="infersTexts">Whether the server takes texts for what they are compared with.</param>
internal sealed class ParameterWriter(NpgsqlParameterCollection parameters, bool infersTexts = false) : EntityWriter
{
    public override void Write<T>(T value) => parameters.Add(Of(value, infersTexts));

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) =>
        parameters.Add(value is null
            ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb }
            : new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(value, json), NpgsqlDbType = NpgsqlDbType.Jsonb });

    public static NpgsqlParameter Of<T>(T value, bool infersTexts = false)
    {
        switch (value)
        {
            case null:
                return new NpgsqlParameter { Value = DBNull.Value };
            case DateTimeOffset time:
                // A point in time has no offset in the store.
                return new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime() };
            case string text:
                StoredText.Require(text);
                return infersTexts
                    ? new NpgsqlParameter<string> { TypedValue = text, NpgsqlDbType = NpgsqlDbType.Unknown }
                    : new NpgsqlParameter<string> { TypedValue = text };
            default:
                return new NpgsqlParameter<T> { TypedValue = value };
        }
    }
}

/// <summary>Writes one key after another into the parameters of one command.</summary>
internal sealed class KeyParameters(NpgsqlParameterCollection parameters) : EntityWriter
{
    private int _next;

    /// <summary>The next key begins.</summary>
    public KeyParameters Restart()
    {
        _next = 0;
        return this;
    }

    public override void Write<T>(T value)
    {
        var index = _next++;
        if (index < parameters.Count && value is not null and not string and not DateTimeOffset && parameters[index] is NpgsqlParameter<T> same)
        {
            same.TypedValue = value;
            return;
        }

        var parameter = ParameterWriter.Of(value);
        if (index < parameters.Count)
        {
            parameters[index] = parameter;
        }
        else
        {
            parameters.Add(parameter);
        }
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => throw new ArgumentException("A key can't hold JSON.", nameof(value));
}

/// <summary>Turns many rows of values, such as keys, into one array parameter for each column.</summary>
internal sealed class ValueArrays(int capacity) : EntityWriter
{
    private readonly List<Column> _columns = [];
    private int _next;

    private abstract class Column
    {
        public abstract NpgsqlParameter ToParameter();
    }

    private sealed class Column<T>(int capacity) : Column
    {
        public List<T> Values { get; } = new(capacity);

        public override NpgsqlParameter ToParameter() => new NpgsqlParameter<T[]> { TypedValue = [.. Values] };
    }

    public void NextRow() => _next = 0;

    public override void Write<T>(T value)
    {
        switch (value)
        {
            case byte number:
                // An array of bytes would be one value.
                Add((short)number);
                break;
            case DateTimeOffset time:
                Add(time.ToUniversalTime());
                break;
            case string text:
                Add(StoredText.Require(text));
                break;
            default:
                Add(value);
                break;
        }
    }

    public override void WriteJson<T>(T value, JsonTypeInfo<T> json) => throw new ArgumentException("A key can't hold JSON.", nameof(value));

    public void AddTo(NpgsqlParameterCollection parameters)
    {
        foreach (var column in _columns)
        {
            parameters.Add(column.ToParameter());
        }
    }

    private void Add<T>(T value)
    {
        if (_next == _columns.Count)
        {
            _columns.Add(new Column<T>(capacity));
        }

        ((Column<T>)_columns[_next++]).Values.Add(value);
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

    /// <summary>The next row is another territory's.</summary>
    public void MoveTo(Territory territory) => Territory = territory;

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

        try
        {
            var value = _reader.GetFieldValue<T>(column.Ordinal);
            Bytes += value switch
            {
                string text => text.Length,
                byte[] bytes => bytes.Length,
                _ => 8,
            };
            return value;
        }
        catch (InvalidCastException exception)
        {
            throw new InvalidCastException(
                $"The column '{column.Name}' is of the type {_reader.GetDataTypeName(column.Ordinal)}, which can't be read as {typeof(T).Name}: correct the map.", exception);
        }
    }
}
