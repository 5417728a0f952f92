using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The statements of one map, written once. Names come from the map, which admits letters, digits and '_' only, and are quoted all the
/// same; values are always parameters.
/// </summary>
internal sealed class EntitySql<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private static readonly ConditionalWeakTable<EntityMap<TEntity, TKey>, EntitySql<TEntity, TKey>> Cache = [];

    private readonly string _select;

    private EntitySql(EntityMap<TEntity, TKey> map)
    {
        var table = string.Join('.', map.Table.Split('.').Select(Quote));
        var stored = map.Columns.Where(static column => !column.IsVersion).ToArray();
        var keys = map.KeyColumns;
        var version = map.Version is { } column ? Quote(column.Name) : null;
        var keyIs = (int first) => string.Join(" AND ", keys.Select((key, i) => $"{Quote(key.Name)} = ${first + i}"));
        var keyNames = string.Join(", ", keys.Select(static key => Quote(key.Name)));
        var names = string.Join(", ", stored.Select(static column => Quote(column.Name))) + (version is null ? "" : ", " + version);
        var values = Parameters(1, stored.Length) + (version is null ? "" : ", 1");
        var replaced = stored.Where(static column => !column.IsKey).ToArray();
        var set = (Func<EntityColumn<TEntity>, int, string> value) => string.Join(
            ", ",
            replaced.Select((column, i) => $"{Quote(column.Name)} = {value(column, i)}")
                .Append(version is null ? null : $"{version} = {table}.{version} + 1")
                .Where(static part => part is not null)
                .DefaultIfEmpty($"{Quote(keys[0].Name)} = {table}.{Quote(keys[0].Name)}"));
        var returning = " RETURNING " + (version ?? "0::bigint");
        var afterSet = replaced.Length + 1;

        Stored = stored;
        Replaced = replaced;
        _select = $"SELECT {string.Join(", ", map.Columns.Select(static column => Quote(column.Name)))} FROM {table}";
        Find = $"{_select} WHERE {keyIs(1)}";
        FindMany = keys.Count == 1
            ? $"{_select} WHERE {keyNames} = ANY ($1)"
            : $"{_select} WHERE ({keyNames}) IN (SELECT * FROM unnest({Parameters(1, keys.Count)}))";
        Insert = WriteSql.Of($"INSERT INTO {table} ({names}) VALUES ({values})", returning, OperationSql.Applied, stored.Length);
        Upsert = WriteSql.Of($"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({keyNames}) DO UPDATE SET {set(static (column, _) => "EXCLUDED." + Quote(column.Name))}", "", OperationSql.Applied, stored.Length);
        var update = $"UPDATE {table} SET {set(static (_, i) => string.Create(CultureInfo.InvariantCulture, $"${i + 1}"))} WHERE {keyIs(afterSet)}";
        var delete = $"DELETE FROM {table} WHERE {keyIs(1)}";
        Update = WriteSql.Of(update, returning, OperationSql.AppliedIfWritten, replaced.Length + keys.Count);
        Delete = WriteSql.Of(delete, "", OperationSql.Applied, keys.Count);
        if (version is not null)
        {
            UpdateExpected = WriteSql.Of(
                $"{update} AND {version} = ${afterSet + keys.Count}",
                returning,
                OperationSql.AppliedIfExpected($"{table} WHERE {keyIs(afterSet)}"),
                afterSet + keys.Count);
            DeleteExpected = WriteSql.Of(
                $"{delete} AND {version} = ${keys.Count + 1}", returning, OperationSql.AppliedIfExpected($"{table} WHERE {keyIs(1)}"), keys.Count + 1);
        }

        Exists = $"SELECT 1 FROM {table} WHERE {keyIs(1)}";
    }

    /// <summary>The columns that inserts and upserts take values for, in order.</summary>
    public EntityColumn<TEntity>[] Stored { get; }

    /// <summary>The columns that updates take values for, in order; the key follows.</summary>
    public EntityColumn<TEntity>[] Replaced { get; }

    public string Find { get; }

    public string FindMany { get; }

    public WriteSql Insert { get; }

    public WriteSql Upsert { get; }

    public WriteSql Update { get; }

    public WriteSql? UpdateExpected { get; }

    public WriteSql Delete { get; }

    public WriteSql? DeleteExpected { get; }

    public string Exists { get; }

    public static EntitySql<TEntity, TKey> For(EntityMap<TEntity, TKey> map) => Cache.GetValue(map, static map => new EntitySql<TEntity, TKey>(map));

    public string Query(Query<TEntity> query)
    {
        var sql = new StringBuilder(_select);
        for (var i = 0; i < query.Filters.Count; i++)
        {
            var filter = query.Filters[i];
            sql.Append(i == 0 ? " WHERE " : " AND ").Append(Quote(filter.Column.Name)).Append(Operator(filter.Comparison))
                .Append(CultureInfo.InvariantCulture, $"${i + 1}");
        }

        for (var i = 0; i < query.Order.Count; i++)
        {
            sql.Append(i == 0 ? " ORDER BY " : ", ").Append(Quote(query.Order[i].Column.Name)).Append(query.Order[i].Descending ? " DESC" : "");
        }

        return sql.Append(CultureInfo.InvariantCulture, $" LIMIT {query.Limit}").ToString();
    }

    private static string Operator(Comparison comparison) => comparison switch
    {
        Comparison.Equal => " = ",
        Comparison.NotEqual => " <> ",
        Comparison.Less => " < ",
        Comparison.LessOrEqual => " <= ",
        Comparison.Greater => " > ",
        _ => " >= ",
    };

    private static string Parameters(int first, int count) =>
        string.Join(", ", Enumerable.Range(first, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"${i}")));

    private static string Quote(string name) => $"\"{name}\"";
}
