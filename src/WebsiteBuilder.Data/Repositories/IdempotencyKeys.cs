using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>
/// Makes of an idempotency key what the store keeps: the first 128 bits of SHA-256 hashes, the same in every process and version. The id
/// covers table, territory and idempotency key; the request covers what the write does and stores. So a key sent again with another entity
/// is found and refused, rather than taken for another operation.
/// </summary>
internal static class IdempotencyKeys
{
    // Say what is hashed, and in which form: whoever changes the form changes the name, and old rows are not compared with it.
    private const string IdForm = "wbd.operation.id/1";
    private const string UnitForm = "wbd.operation.unit/1";
    private const string RequestForm = "wbd.operation.request/1";
    private const string BatchIdForm = "wbd.batch.id/1";
    private const string BatchRequestForm = "wbd.batch.request/1";

    public static KeyedOperation Operation<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write, string key)
        where TEntity : class
        where TKey : notnull
    {
        using var id = new ValueHash(IdForm);
        id.Write(map.Table);
        id.Write(map.TerritoryOf(write.Key).ToString());
        id.Write(key);
        return new KeyedOperation(id.First128Bits(), RequestOf(map, write));
    }

    /// <summary>A unit of work's: the id covers shard and key. What it does isn't compared.</summary>
    public static KeyedOperation UnitOfWork(string shard, string key)
    {
        using var id = new ValueHash(UnitForm);
        id.Write(shard);
        id.Write(key);
        return new KeyedOperation(id.First128Bits(), default);
    }

    /// <summary>One batch of a bulk insert: the id covers table, shard, idempotency key and number, the request what the batch stores.</summary>
    public static KeyedOperation Batch<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, string shard, IReadOnlyList<TEntity> entities, string key, int number)
        where TEntity : class
        where TKey : notnull
    {
        using var id = new ValueHash(BatchIdForm);
        id.Write(map.Table);
        id.Write(shard);
        id.Write(key);
        id.Write(number);
        using var request = new ValueHash(BatchRequestForm);
        request.Write(entities.Count);
        foreach (var entity in entities)
        {
            WriteStored(map, entity, request);
        }

        return new KeyedOperation(id.First128Bits(), request.First128Bits());
    }

    private static Guid RequestOf<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull
    {
        using var request = new ValueHash(RequestForm);
        request.Write((long)write.Kind);
        request.Write(write.ExpectedVersion ?? 0);
        map.WriteKey(write.Key, request);
        if (write.Entity is { } entity)
        {
            WriteStored(map, entity, request);
        }

        return request.First128Bits();
    }

    private static void WriteStored<TEntity, TKey>(EntityMap<TEntity, TKey> map, TEntity entity, ValueHash request)
        where TEntity : class
        where TKey : notnull
    {
        foreach (var column in map.Columns)
        {
            // The version that the entity holds isn't stored.
            if (!column.IsVersion)
            {
                request.Write(column.Name);
                column.Write(entity, request);
            }
        }
    }
}
