using System.Globalization;
using System.Runtime.CompilerServices;

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

    private EntitySql(EntityMap<TEntity, TKey> map)
    {
        var table = string.Join('.', map.Table.Split('.').Select(EntitySql.Quote));
        var stored = map.Columns.Where(static column => !column.IsVersion).ToArray();
        var keys = map.KeyColumns;
        var version = map.Version is { } column ? EntitySql.Quote(column.Name) : null;
        var keyIs = (int first) => string.Join(" AND ", keys.Select((key, i) => $"{EntitySql.Quote(key.Name)} = ${first + i}"));
        var keyNames = string.Join(", ", keys.Select(static key => EntitySql.Quote(key.Name)));
        var names = string.Join(", ", stored.Select(static column => EntitySql.Quote(column.Name))) + (version is null ? "" : ", " + version);
        var values = Parameters(1, stored.Length) + (version is null ? "" : ", 1");
        var replaced = stored.Where(static column => !column.IsKey).ToArray();
        var set = (Func<EntityColumn<TEntity>, int, string> value) => string.Join(
            ", ",
            replaced.Select((column, i) => $"{EntitySql.Quote(column.Name)} = {value(column, i)}")
                .Append(version is null ? null : $"{version} = {table}.{version} + 1")
                .Where(static part => part is not null)
                .DefaultIfEmpty($"{EntitySql.Quote(keys[0].Name)} = {table}.{EntitySql.Quote(keys[0].Name)}"));
        var returning = " RETURNING " + (version ?? "0::bigint");
        var afterSet = replaced.Length + 1;

        Stored = stored;
        Replaced = replaced;
        Select = $"SELECT {string.Join(", ", map.Columns.Select(static column => EntitySql.Quote(column.Name)))} FROM {table}";
        Find = $"{Select} WHERE {keyIs(1)}";
        FindStamped = $"SELECT {string.Join(", ", map.Columns.Select(static column => "found." + EntitySql.Quote(column.Name)))}, {StampSql.HiFields}"
            + $" FROM {StampSql.Node} LEFT JOIN {table} AS found ON {string.Join(" AND ", keys.Select(static (key, i) => string.Create(CultureInfo.InvariantCulture, $"found.{EntitySql.Quote(key.Name)} = ${i + 1}")))}";
        FindMany = keys.Count == 1
            ? $"{Select} WHERE {keyNames} = ANY ($1)"
            : $"{Select} WHERE ({keyNames}) IN (SELECT * FROM unnest({Parameters(1, keys.Count)}))";
        var asked = Enumerable.Range(0, keys.Count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"key_{i}")).ToArray();
        FindManyAbroad = $"SELECT {string.Join(", ", map.Columns.Select(static column => "found." + EntitySql.Quote(column.Name)))}, asked.territory"
            + $" FROM unnest({Parameters(1, keys.Count + 1)}) AS asked ({string.Join(", ", asked)}, territory)"
            + $" JOIN {table} AS found ON {string.Join(" AND ", keys.Select((key, i) => $"found.{EntitySql.Quote(key.Name)} = asked.{asked[i]}"))}";
        Insert = WriteSql.Of($"INSERT INTO {table} ({names}) VALUES ({values})", returning, OperationSql.Applied, stored.Length);
        Upsert = WriteSql.Of($"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({keyNames}) DO UPDATE SET {set(static (column, _) => "EXCLUDED." + EntitySql.Quote(column.Name))}", "", OperationSql.Applied, stored.Length);
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

        Copy = new CopySql($"SELECT {names} FROM {table} WHERE false", $"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)");
        Exists = $"SELECT 1 FROM {table} WHERE {keyIs(1)}";
    }

    /// <summary>The columns that inserts and upserts take values for, in order.</summary>
    public EntityColumn<TEntity>[] Stored { get; }

    /// <summary>The columns that updates take values for, in order; the key follows.</summary>
    public EntityColumn<TEntity>[] Replaced { get; }

    /// <summary>All mapped columns by ordinal, of all rows.</summary>
    public string Select { get; }

    public string Find { get; }

    /// <summary>Always one row: the columns, all null if there is no such key, and behind them where the node stood after that.</summary>
    public string FindStamped { get; }

    /// <summary>Of keys of one territory: one array for each column of the key.</summary>
    public string FindMany { get; }

    /// <summary>Of keys of several territories: the last array holds a number for the territory of each, which comes back behind the row's columns.</summary>
    public string FindManyAbroad { get; }

    public WriteSql Insert { get; }

    public WriteSql Upsert { get; }

    public WriteSql Update { get; }

    public WriteSql? UpdateExpected { get; }

    public WriteSql Delete { get; }

    public WriteSql? DeleteExpected { get; }

    public CopySql Copy { get; }

    public string Exists { get; }

    public static EntitySql<TEntity, TKey> For(EntityMap<TEntity, TKey> map) => Cache.GetValue(map, static map => new EntitySql<TEntity, TKey>(map));

    private static string Parameters(int first, int count) =>
        string.Join(", ", Enumerable.Range(first, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"${i}")));
}

/// <summary>What the statements of all maps have in common.</summary>
internal static class EntitySql
{
    public static string Quote(string name) => $"\"{name}\"";
}
