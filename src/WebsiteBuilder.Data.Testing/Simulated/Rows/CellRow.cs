using System.Text.Json;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A stored row as an entity's map reads it.</summary>
internal sealed class CellRow : EntityRow
{
    private readonly StoredRow _row;

    private CellRow(StoredRow row, Territory territory)
    {
        _row = row;
        Territory = territory;
    }

    public static TEntity Materialize<TEntity, TKey>(EntityMap<TEntity, TKey> map, StoredRow row, Territory territory)
        where TEntity : class
        where TKey : notnull => map.Materialize(new CellRow(row, territory));

    public override T Get<TEntity, T>(EntityColumn<TEntity, T> column)
    {
        object? cell = column.IsVersion ? _row.Version : _row.Cells[column.Ordinal];
        if (cell is null)
        {
            return default(T) is null
                ? default!
                : throw new InvalidCastException($"The column '{column.Name}' holds null, which its mapped type can't be.");
        }

        return column.Json is { } json
            ? JsonSerializer.Deserialize((string)cell, json)!
            : (T)(cell is byte[] bytes ? bytes.Clone() : cell);
    }
}
