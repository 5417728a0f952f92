using Npgsql;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>One PostgreSQL server, primary or replica.</summary>
internal sealed partial class PostgresEndpoint : IEntityStore, ISqlStore, IOperationStore
{
    private const string CompleteRecord = "BEGIN; SET LOCAL synchronous_commit TO local; SELECT pg_logical_emit_message(true, 'wbd', ''); COMMIT";

    /// <summary>In the shape of a write that returns its version.</summary>
    private const string Barrier = "SELECT (pg_logical_emit_message(true, 'wbd', '') IS NULL)::int::bigint";

    private readonly PostgresConnections _connections;
    private readonly PostgresReads _reads;
    private readonly PostgresWrites _writes;
    private readonly HistoryReader _histories;
    private readonly ConfirmedReach _reach = new();
    private readonly PoolerCheck _pooler;
    private ulong _lastSample;

    public PostgresEndpoint(PostgresConnections connections, EngineRuntime runtime)
    {
        _connections = connections;
        _reads = new PostgresReads(connections, new VisibilityLedger(), _reach);
        _writes = new PostgresWrites(connections);
        _histories = new HistoryReader(connections, runtime);
        _pooler = new PoolerCheck(connections, runtime);
    }

    public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => ObserveAsync(completeRecord: false, cancellationToken);

    public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => ObserveAsync(completeRecord: true, cancellationToken);

    public async Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken)
    {
        var (write, _) = await _writes.RunAsync([new NpgsqlBatchCommand(Barrier)], guard, cancellationToken).ConfigureAwait(false);
        return write;
    }

    public async Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        var (history, reach) = await _histories.ReadAsync(cancellationToken).ConfigureAwait(false);
        _reach.Confirm(history.Id, reach);
        return history;
    }

    public Task<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var query = new NpgsqlBatchCommand(EntitySql<TEntity, TKey>.For(map).Find);
        map.WriteKey(key, new ParameterWriter(query.Parameters));
        return _reads.RunAsync(
            query,
            static async (reader, state, token) => await reader.ReadAsync(token).ConfigureAwait(false)
                ? state.map.Materialize(new PostgresRow(reader, state.Item2))
                : null,
            (map, map.TerritoryOf(key)),
            guard,
            cancellationToken);
    }

    public Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var query = new NpgsqlBatchCommand(EntitySql<TEntity, TKey>.For(map).FindMany);
        var arrays = new KeyArrays(keys.Count);
        foreach (var key in keys)
        {
            arrays.NextKey();
            map.WriteKey(key, arrays);
        }

        arrays.AddTo(query.Parameters);
        return _reads.RunAsync(query, ListAsync, (map, territory), guard, cancellationToken);
    }

    public Task<StoreRead<IReadOnlyList<TEntity>>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var command = new NpgsqlBatchCommand(EntitySql<TEntity, TKey>.For(map).Query(query));
        var parameters = new ParameterWriter(command.Parameters);
        foreach (var filter in query.Filters)
        {
            filter.WriteValue(parameters);
        }

        return _reads.RunAsync(command, ListAsync, (map, query.Territory), guard, cancellationToken);
    }

    public async Task<StoreWrite> WriteAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var sql = EntitySql<TEntity, TKey>.For(map);
        var (result, answer) = await _writes.RunAsync([Statement(map, sql, write, guard.Operation)], guard, cancellationToken).ConfigureAwait(false);
        var mustMatch = write.Kind == EntityWriteKind.Update || write.ExpectedVersion is not null;
        if (!mustMatch || answer.Applied)
        {
            return result;
        }

        var otherVersion = answer.Outcome == OperationOutcome.VersionMismatch
            || (guard.Operation is null && write.ExpectedVersion is not null && await ExistsAsync(map, sql, write.Key, cancellationToken).ConfigureAwait(false));
        throw new StoreFaultException(StoreFaultKind.Conflict, WriteDisposition.NotApplied, "Nothing matched.")
        {
            Position = result.Position,
            Conflict = otherVersion ? ConflictKind.VersionMismatch : ConflictKind.NotFound,
        };
    }

    public void Drain() => _connections.Drain();

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    private static NpgsqlBatchCommand Statement<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntitySql<TEntity, TKey> sql, EntityWrite<TEntity, TKey> write, OperationRows? operation)
        where TEntity : class
        where TKey : notnull
    {
        var statement = write.Kind switch
        {
            EntityWriteKind.Insert => sql.Insert,
            EntityWriteKind.Upsert => sql.Upsert,
            EntityWriteKind.Update => write.ExpectedVersion is null ? sql.Update : sql.UpdateExpected,
            _ => write.ExpectedVersion is null ? sql.Delete : sql.DeleteExpected,
        } ?? throw new InvalidOperationException($"The map of '{map.Table}' has no version column to compare.");
        var command = new NpgsqlBatchCommand(statement.For(operation));
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

    private static async Task<IReadOnlyList<TEntity>> ListAsync<TEntity, TKey>(
        NpgsqlDataReader reader, (EntityMap<TEntity, TKey> Map, Territory Territory) state, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var rows = new List<TEntity>();
        var row = new PostgresRow(reader, state.Territory);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(state.Map.Materialize(row));
        }

        return rows;
    }

    private async Task<bool> ExistsAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntitySql<TEntity, TKey> sql, TKey key, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var place = await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var connection = place.Connection;
            var command = new NpgsqlCommand(sql.Exists, connection);
            await using (command.ConfigureAwait(false))
            {
                map.WriteKey(key, new ParameterWriter(command.Parameters));
                try
                {
                    return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not null;
                }
                catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
                {
                    // The conflict is certain; which one is a courtesy.
                    return true;
                }
            }
        }
    }

    private async Task<NodeObservation> ObserveAsync(bool completeRecord, CancellationToken cancellationToken)
    {
        var place = await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var connection = place.Connection;
            try
            {
                var observation = await ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
                if (completeRecord && observation.IsPrimary && StandsInsideRecord(observation.Position))
                {
                    // No replica can replay that far: complete the record, or an idle primary's replicas would seem to fall behind.
                    var command = new NpgsqlCommand(CompleteRecord, connection);
                    await using (command.ConfigureAwait(false))
                    {
                        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                    }

                    observation = await ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
                }

                return observation;
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
            {
                throw new StoreFaultException(
                    StoreFaultKind.Rejected, WriteDisposition.NotApplied, "The schema wbd is missing: run the migrations.", exception)
                { Code = exception.SqlState };
            }
            catch (Exception exception) when (exception is not StoreFaultException)
            {
                throw PostgresFaults.Reading(exception, cancellationToken);
            }
        }
    }

    private async Task<NodeObservation> ObserveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(StampSql.Lo), new NpgsqlBatchCommand(StampSql.ProofPosition), new NpgsqlBatchCommand(PoolerCheck.Process) } };
        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var stamp = StampReader.Lo(reader);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var flushed = StampReader.Position(reader, 0);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                _pooler.Saw(connection.ProcessID, reader.GetInt32(0), stamp.Incarnation);
                return Observation(stamp, flushed);
            }
        }
    }

    /// <summary>Whether the log has stood still at a page's end since the last look, and so perhaps inside a record.</summary>
    private bool StandsInsideRecord(ulong position) =>
        Interlocked.Exchange(ref _lastSample, position) == position && LogPosition.MayEndInsideRecord(position);

    private NodeObservation Observation(LoStamp stamp, ulong? flushed)
    {
        _reads.SawRole(!stamp.InRecovery);
        var position = stamp.InRecovery ? stamp.Replayed ?? 0 : flushed ?? 0;
        if (stamp.OnNamedHistory)
        {
            if (stamp.InRecovery)
            {
                _reach.Confirm(stamp.NamedHistory, position);
            }

            return new NodeObservation(!stamp.InRecovery, stamp.NamedHistory, NeedsHistory: false, position, stamp.Incarnation);
        }

        // A replica on a timeline that nobody has named yet waits for the name to arrive; one without receiver may know its history from before.
        var sure = stamp.InRecovery && stamp.Timeline is null && _reach.Covers(stamp.NamedHistory, position);
        var ask = !stamp.InRecovery || (stamp.Timeline is null && !sure);
        return new NodeObservation(!stamp.InRecovery, sure ? stamp.NamedHistory : default, ask, position, stamp.Incarnation);
    }
}
