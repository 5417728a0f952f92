namespace WebsiteBuilder.Data;

/// <summary>
/// How an entity is stored: table, key, columns, version, JSON columns and territory, all said by the application and none found out by
/// reflection. Immutable and thread-safe.
/// </summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <typeparam name="TKey">Its key.</typeparam>
public sealed class EntityMap<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private readonly Func<TKey, Territory>? _territory;
    private readonly Action<TKey, EntityWriter>[] _keyParts;

    internal EntityMap(
        string table,
        IReadOnlyList<EntityColumn<TEntity>> columns,
        Action<TKey, EntityWriter>[] keyParts,
        Func<TEntity, TKey> key,
        Func<TKey, Territory>? territory,
        string? shard,
        Func<EntityRow, TEntity> materialize)
    {
        Table = table;
        Columns = columns;
        KeyColumns = [.. columns.Where(static column => column.IsKey)];
        Mapped = new MappedTable<TEntity>(table, columns, KeyColumns);
        foreach (var column in columns)
        {
            column.Table = Mapped;
        }

        Version = columns.FirstOrDefault(static column => column.IsVersion);
        KeyOf = key;
        Materialize = materialize;
        Shard = shard;
        _keyParts = keyParts;
        _territory = territory;
    }

    /// <summary>The table, with its schema in front if one was given. Also the data set's name in messages.</summary>
    public string Table { get; }

    /// <summary>All mapped columns, in the order in which they were mapped.</summary>
    public IReadOnlyList<EntityColumn<TEntity>> Columns { get; }

    /// <summary>The columns of the key, in the order in which they were mapped.</summary>
    public IReadOnlyList<EntityColumn<TEntity>> KeyColumns { get; }

    /// <summary>The column that counts versions, if there is one.</summary>
    public EntityColumn<TEntity>? Version { get; }

    /// <summary>The name of the shard that holds all entities, for entities without territory.</summary>
    public string? Shard { get; }

    /// <summary>Whether keys carry a territory.</summary>
    public bool HasTerritory => _territory is not null;

    /// <summary>The key of an entity.</summary>
    public Func<TEntity, TKey> KeyOf { get; }

    /// <summary>Makes an entity from a row.</summary>
    public Func<EntityRow, TEntity> Materialize { get; }

    internal MappedTable<TEntity> Mapped { get; }

    /// <summary>The territory of a key; the default value for entities without territory.</summary>
    public Territory TerritoryOf(TKey key) => _territory is null ? default : _territory(key);

    /// <summary>Hands the key's values to a store, in the order of <see cref="KeyColumns"/>.</summary>
    public void WriteKey(TKey key, EntityWriter writer)
    {
        foreach (var part in _keyParts)
        {
            part(key, writer);
        }
    }
}

/// <summary>Starts maps: <c>EntityMap.Create&lt;User, UserKey&gt;("users", user => user.Key, map => …)</c>.</summary>
public static class EntityMap
{
    /// <summary>The longest name of a table, schema or column, in bytes: PostgreSQL's own limit.</summary>
    public const int MaxNameLength = 63;

    /// <summary>Makes a map.</summary>
    /// <param name="table">The table, such as <c>users</c> or <c>commerce.orders</c>.</param>
    /// <param name="key">The key of an entity.</param>
    /// <param name="define">Maps the columns and returns the function that makes an entity from a row.</param>
    /// <exception cref="ArgumentException">A name is malformed or used twice, two version columns are mapped, or no key column is.</exception>
    /// <exception cref="InvalidOperationException">Both a territory and a shard are said.</exception>
    public static EntityMap<TEntity, TKey> Create<TEntity, TKey>(
        string table, Func<TEntity, TKey> key, Func<EntityMapBuilder<TEntity, TKey>, Func<EntityRow, TEntity>> define)
        where TEntity : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(define);
        foreach (var part in table.Split('.', 2))
        {
            RequireName(part, nameof(table));
        }

        var builder = new EntityMapBuilder<TEntity, TKey>();
        var materialize = define(builder) ?? throw new ArgumentException("The definition must return the function that makes an entity.", nameof(define));
        return builder.Build(table, key, materialize);
    }

    internal static void RequireName(string name, string parameter)
    {
        var valid = name is { Length: > 0 and <= MaxNameLength } && (char.IsAsciiLetter(name[0]) || name[0] == '_')
            && name.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_');
        if (!valid)
        {
            throw new ArgumentException(
                $"A table, schema or column name has 1 to {MaxNameLength} ASCII letters, digits and '_', and starts with a letter or '_'.", parameter);
        }
    }
}
