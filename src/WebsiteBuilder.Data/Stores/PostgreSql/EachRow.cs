using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Hands each row to those who asked for its key.</summary>
internal static class EachRow
{
    /// <summary>The rows in the order of the keys; null if they can't be told apart.</summary>
    public static async Task<SizedRow<TEntity>[]?> ReadAsync<TEntity, TKey>(
        NpgsqlDataReader reader, EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        // Keys repeat now and then: the first one's place leads to the next.
        var places = new Dictionary<TKey, int>(keys.Count);
        var next = new int[keys.Count];
        for (var i = keys.Count - 1; i >= 0; i--)
        {
            next[i] = places.TryGetValue(keys[i], out var later) ? later : -1;
            places[keys[i]] = i;
        }

        var rows = new SizedRow<TEntity>[keys.Count];
        var row = new PostgresRow(reader, territory);
        var clear = true;
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            clear = clear && TryPlace(map, row, places, next, rows);
        }

        return clear ? rows : null;
    }

    private static bool TryPlace<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, PostgresRow row, Dictionary<TKey, int> places, int[] next, SizedRow<TEntity>[] rows)
        where TEntity : class
        where TKey : notnull
    {
        try
        {
            var read = row.Bytes;
            var entity = map.Materialize(row);
            read = row.Bytes - read;
            if (!places.TryGetValue(map.KeyOf(entity), out var place))
            {
                return false;
            }

            rows[place] = new SizedRow<TEntity>(entity, read);
            while ((place = next[place]) >= 0)
            {
                rows[place] = new SizedRow<TEntity>(map.Materialize(row), read);
            }

            return true;
        }
        catch (Exception exception) when (exception is not NpgsqlException)
        {
            return false;
        }
    }
}
