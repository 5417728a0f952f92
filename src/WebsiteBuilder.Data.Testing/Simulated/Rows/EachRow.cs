using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Reads the row of each key, as the PostgreSQL store does: nothing if one of them can't be made an entity.</summary>
internal static class EachRow
{
    public static SizedRow<TEntity>[]? Of<TEntity, TKey>(EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, RowSet rows)
        where TEntity : class
        where TKey : notnull
    {
        try
        {
            return [.. keys.Select(key => rows.Find(map.Table, WriteDecision.KeyOf(map, key)) is { } row
                ? new SizedRow<TEntity>(CellRow.Materialize(map, row, territory), Size(row))
                : default)];
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            return null;
        }
    }

    private static int Size(StoredRow row) => row.Cells.Sum(static cell => cell switch
    {
        string text => text.Length,
        byte[] bytes => bytes.Length,
        _ => 8,
    });
}
