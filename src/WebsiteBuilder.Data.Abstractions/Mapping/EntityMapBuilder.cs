using System.Text.Json.Serialization.Metadata;

namespace WebsiteBuilder.Data;

/// <summary>Maps the columns of one entity, inside <see cref="EntityMap.Create"/>.</summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <typeparam name="TKey">Its key.</typeparam>
public sealed class EntityMapBuilder<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private readonly List<EntityColumn<TEntity>> _columns = [];
    private readonly List<Action<TKey, EntityWriter>> _keyParts = [];
    private Func<TKey, Territory>? _territory;
    private string? _shard;

    internal EntityMapBuilder()
    {
    }

    /// <summary>
    /// Maps a column of the key. Its values may be <see cref="long"/>, <see cref="int"/>, <see cref="short"/>, <see cref="byte"/>,
    /// <see cref="string"/>, <see cref="Guid"/> or <see cref="bool"/>, and not null; others are refused with <see cref="ArgumentException"/>
    /// by the first operation that hashes a key.
    /// </summary>
    /// <param name="name">The column.</param>
    /// <param name="fromEntity">Its value in an entity.</param>
    /// <param name="fromKey">Its value in a key.</param>
    public EntityColumn<TEntity, T> Key<T>(string name, Func<TEntity, T> fromEntity, Func<TKey, T> fromKey)
    {
        ArgumentNullException.ThrowIfNull(fromKey);
        _keyParts.Add((key, writer) => writer.Write(fromKey(key)));
        return Add(new EntityColumn<TEntity, T>(name, _columns.Count, Required(fromEntity), isKey: true));
    }

    /// <summary>Maps a column.</summary>
    public EntityColumn<TEntity, T> Column<T>(string name, Func<TEntity, T> get) =>
        Add(new EntityColumn<TEntity, T>(name, _columns.Count, Required(get)));

    /// <summary>Maps a JSON column through source-generated type information, so that nothing is found out by reflection.</summary>
    public EntityColumn<TEntity, T> Json<T>(string name, Func<TEntity, T> get, JsonTypeInfo<T> json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Add(new EntityColumn<TEntity, T>(name, _columns.Count, Required(get), json: json));
    }

    /// <summary>
    /// Maps the column that counts the versions of a row. The library writes it: 1 on insert, one more with each write. What the entity
    /// holds is not stored.
    /// </summary>
    /// <exception cref="ArgumentException">A version column is mapped already.</exception>
    public EntityColumn<TEntity, long> Version(string name, Func<TEntity, long> get)
    {
        if (_columns.Exists(static column => column.IsVersion))
        {
            throw new ArgumentException("A map has one version column at most.", nameof(name));
        }

        return Add(new EntityColumn<TEntity, long>(name, _columns.Count, Required(get), isVersion: true));
    }

    /// <summary>Says where an entity is at home. Needed where there is more than one shard, unless <see cref="StoredIn"/> names one.</summary>
    /// <exception cref="InvalidOperationException">The map names a shard already.</exception>
    public void Territory(Func<TKey, Territory> territory)
    {
        ArgumentNullException.ThrowIfNull(territory);
        _territory = _shard is null ? territory : throw new InvalidOperationException("The map names a shard already.");
    }

    /// <summary>Says that all entities live in one shard, such as a global directory. A name that isn't configured is found out by the first operation.</summary>
    /// <exception cref="InvalidOperationException">The map has territories already.</exception>
    public void StoredIn(string shard)
    {
        ArgumentException.ThrowIfNullOrEmpty(shard);
        _shard = _territory is null ? shard : throw new InvalidOperationException("The map has territories already.");
    }

    internal EntityMap<TEntity, TKey> Build(string table, Func<TEntity, TKey> key, Func<EntityRow, TEntity> materialize)
    {
        if (_keyParts.Count == 0)
        {
            throw new ArgumentException($"The map of '{table}' has no key column.", nameof(table));
        }

        return new EntityMap<TEntity, TKey>(table, [.. _columns], [.. _keyParts], key, _territory, _shard, materialize);
    }

    private static Func<TEntity, T> Required<T>(Func<TEntity, T> get)
    {
        ArgumentNullException.ThrowIfNull(get);
        return get;
    }

    private EntityColumn<TEntity, T> Add<T>(EntityColumn<TEntity, T> column)
    {
        EntityMap.RequireName(column.Name, "name");
        if (_columns.Exists(other => string.Equals(other.Name, column.Name, StringComparison.OrdinalIgnoreCase)))
        {
            throw new ArgumentException($"The column '{column.Name}' is mapped twice.", nameof(column));
        }

        _columns.Add(column);
        return column;
    }
}
