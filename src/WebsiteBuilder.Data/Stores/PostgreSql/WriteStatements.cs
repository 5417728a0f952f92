using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Makes the statements of writes, with their parameters.</summary>
internal static class WriteStatements
{
    /// <summary>A write that is a transaction of its own, with its operation rows.</summary>
    public static NpgsqlBatchCommand Of<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write, OperationRows? operation)
        where TEntity : class
        where TKey : notnull
    {
        var command = new NpgsqlBatchCommand(Sql(map, write).For(operation));
        var parameters = AddValues(command, map, write);
        if (operation is { } rows)
        {
            parameters.Write(rows.Attempt);
            if (rows.Key is { } key)
            {
                parameters.Write(key.Id);
                parameters.Write(key.Request);
            }
        }

        return command;
    }

    /// <summary>A write that is one of several in a transaction.</summary>
    public static StagedStatement Staged<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull
    {
        var sql = Sql(map, write);
        var command = new NpgsqlBatchCommand(sql.Staged);
        AddValues(command, map, write);
        return new StagedStatement(command, sql.StagedAnswers);
    }

    /// <summary>The operation rows of a transaction that is about to commit.</summary>
    public static NpgsqlBatchCommand Record(OperationRows operation)
    {
        var command = new NpgsqlBatchCommand(operation.Key is null ? OperationSql.Record : OperationSql.RecordWithKey);
        var parameters = new ParameterWriter(command.Parameters);
        parameters.Write(operation.Attempt);
        if (operation.Key is { } key)
        {
            parameters.Write(key.Id);
            parameters.Write(key.Request);
        }

        return command;
    }

    private static WriteSql Sql<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull
    {
        var sql = EntitySql<TEntity, TKey>.For(map);
        return write.Kind switch
        {
            EntityWriteKind.Insert => sql.Insert,
            EntityWriteKind.Upsert => sql.Upsert,
            EntityWriteKind.Update => write.ExpectedVersion is null ? sql.Update : sql.UpdateExpected,
            _ => write.ExpectedVersion is null ? sql.Delete : sql.DeleteExpected,
        } ?? throw new InvalidOperationException($"The map of '{map.Table}' has no version column to compare.");
    }

    private static ParameterWriter AddValues<TEntity, TKey>(NpgsqlBatchCommand command, EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull
    {
        var sql = EntitySql<TEntity, TKey>.For(map);
        var parameters = new ParameterWriter(command.Parameters);
        var columns = write.Kind switch
        {
            EntityWriteKind.Insert or EntityWriteKind.Upsert => sql.Stored,
            EntityWriteKind.Update => sql.Replaced,
            _ => [],
        };
        foreach (var column in columns)
        {
            column.Write(write.Entity!, parameters);
        }

        if (write.Kind is EntityWriteKind.Update or EntityWriteKind.Delete)
        {
            map.WriteKey(write.Key, parameters);
            if (write.ExpectedVersion is { } version)
            {
                parameters.Write(version);
            }
        }

        return parameters;
    }
}

/// <summary>The statement of a staged write, and whether it returns a row.</summary>
internal readonly record struct StagedStatement(NpgsqlBatchCommand Command, bool Answers);
