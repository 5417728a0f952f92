using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Finds a map's columns by name, so that their order doesn't matter.</summary>
internal static class MappedColumns
{
    public static EntityColumn<TEntity, T> Column<TEntity, TKey, T>(this EntityMap<TEntity, TKey> map, string name)
        where TEntity : class
        where TKey : notnull => (EntityColumn<TEntity, T>)map.Columns.First(column => column.Name == name);

    public static EntityColumn<TEntity, string> Text<TEntity, TKey>(this EntityMap<TEntity, TKey> map, string name)
        where TEntity : class
        where TKey : notnull => map.Column<TEntity, TKey, string>(name);

    public static EntityColumn<TEntity, Guid> Id<TEntity, TKey>(this EntityMap<TEntity, TKey> map, string name)
        where TEntity : class
        where TKey : notnull => map.Column<TEntity, TKey, Guid>(name);

    public static EntityColumn<TEntity, DateTimeOffset> Time<TEntity, TKey>(this EntityMap<TEntity, TKey> map, string name)
        where TEntity : class
        where TKey : notnull => map.Column<TEntity, TKey, DateTimeOffset>(name);
}

[JsonSerializable(typeof(JsonElement?))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class DomainJson : JsonSerializerContext;
