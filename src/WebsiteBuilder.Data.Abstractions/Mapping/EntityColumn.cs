using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data;

/// <summary>One mapped column of an entity.</summary>
/// <typeparam name="TEntity">The entity.</typeparam>
public abstract class EntityColumn<TEntity>
    where TEntity : class
{
    private protected EntityColumn(string name, int ordinal, bool isKey, bool isVersion)
    {
        Name = name;
        Ordinal = ordinal;
        IsKey = isKey;
        IsVersion = isVersion;
    }

    /// <summary>The column's name in the store.</summary>
    public string Name { get; }

    /// <summary>Its place among the mapped columns, 0 for the first.</summary>
    public int Ordinal { get; }

    /// <summary>Whether it is part of the key.</summary>
    public bool IsKey { get; }

    /// <summary>Whether the library counts the row's versions in it.</summary>
    public bool IsVersion { get; }

    /// <summary>Whether it holds JSON.</summary>
    public abstract bool IsJson { get; }

    /// <summary>The table of the map that it belongs to; null until the map is made.</summary>
    internal MappedTable<TEntity>? Table { get; set; }

    /// <summary>The type of its values.</summary>
    internal abstract Type ValueType { get; }

    /// <summary>Whether no row can hold null in it, whatever the schema says: reading such a row would fail.</summary>
    internal abstract bool IsNeverNull { get; }

    /// <summary>Hands the entity's value of this column to a store.</summary>
    public abstract void Write(TEntity entity, EntityWriter writer);

    /// <summary>Reads a value of this column out of a cursor.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    internal abstract CapturedValue Read(ref CursorReader reader);
}

/// <summary>One mapped column of an entity.</summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <typeparam name="T">The type of its values.</typeparam>
public sealed class EntityColumn<TEntity, T> : EntityColumn<TEntity>
    where TEntity : class
{
    private readonly Func<TEntity, T> _get;

    internal EntityColumn(string name, int ordinal, Func<TEntity, T> get, bool isKey = false, bool isVersion = false, JsonTypeInfo<T>? json = null)
        : base(name, ordinal, isKey, isVersion)
    {
        _get = get;
        Json = json;
    }

    /// <inheritdoc/>
    public override bool IsJson => Json is not null;

    /// <summary>How a JSON column's values are written and read; <see langword="null"/> for other columns.</summary>
    public JsonTypeInfo<T>? Json { get; }

    internal override Type ValueType => typeof(T);

    internal override bool IsNeverNull => IsKey || default(T) is not null;

    /// <inheritdoc/>
    public override void Write(TEntity entity, EntityWriter writer)
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(writer);
        if (Json is null)
        {
            writer.Write(_get(entity));
        }
        else
        {
            writer.WriteJson(_get(entity), Json);
        }
    }

    internal override CapturedValue Read(ref CursorReader reader) => reader.Read(typeof(T)) switch
    {
        null when IsNeverNull => throw CursorReader.Malformed(),
        null => new CapturedValue<T>(default!),
        var value => new CapturedValue<T>((T)value),
    };
}

/// <summary>Takes the values of columns in their order. Implemented by stores.</summary>
public abstract class EntityWriter
{
    /// <summary>Takes a plain value: a number, a text, a <see cref="Guid"/>, a time, a boolean, bytes, or null.</summary>
    public abstract void Write<T>(T value);

    /// <summary>Takes a value that is stored as JSON.</summary>
    public abstract void WriteJson<T>(T value, JsonTypeInfo<T> json);
}

/// <summary>One row as a store returns it. Valid only while the entity is made from it.</summary>
public abstract class EntityRow
{
    /// <summary>The territory that the row was read from; the default value for entities without territory.</summary>
    public Territory Territory { get; protected set; }

    /// <summary>The row's value of a column; for SQL null, the default value of a type that can be null.</summary>
    /// <exception cref="InvalidCastException">The stored value isn't of this type, or is null where the type can't be.</exception>
    public abstract T Get<TEntity, T>(EntityColumn<TEntity, T> column)
        where TEntity : class;
}
