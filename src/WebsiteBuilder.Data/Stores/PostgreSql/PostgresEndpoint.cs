using System.Data;
using Npgsql;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>One PostgreSQL server, primary or replica.</summary>
internal sealed partial class PostgresEndpoint : IEntityStore, ISqlStore, IOperationStore, ITransactionStore
{
    private const string CompleteRecord = "BEGIN; SET LOCAL synchronous_commit TO local; SELECT pg_logical_emit_message(true, 'wbd', ''); COMMIT";

    /// <summary>In the shape of a write that returns its version.</summary>
    private const string Barrier = "SELECT (pg_logical_emit_message(true, 'wbd', '') IS NULL)::int::bigint";

    private readonly PostgresConnections _connections;
    private readonly PostgresReads _reads;
    private readonly PostgresWrites _writes;
    private readonly HistoryReader _histories;
    private readonly NodeProofs _proofs = new();
    private readonly PoolerCheck _pooler;
    private ulong _lastSample;

    public PostgresEndpoint(PostgresConnections connections, EngineRuntime runtime)
    {
        _connections = connections;
        _reads = new PostgresReads(connections, _proofs, runtime);
        _writes = new PostgresWrites(connections);
        _histories = new HistoryReader(connections, runtime);
        _pooler = new PoolerCheck(connections, runtime);
    }

    public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => ObserveAsync(completeRecord: false, cancellationToken);

    public async Task<bool> PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connections.AskAsync(
                static async (place, _, token) =>
                {
                    await PostgresReads.GreetAsync(place.Connection, 0, token).ConfigureAwait(false);
                    return true;
                },
                0,
                cancellationToken,
                TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (StoreFaultException fault) when (fault.IsOwnLimit)
        {
            await _connections.GreetAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
    }

    public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => ObserveAsync(completeRecord: true, cancellationToken);

    public async Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken)
    {
        var (write, _) = await _writes.RunAsync([new NpgsqlBatchCommand(Barrier)], guard, cancellationToken).ConfigureAwait(false);
        return write;
    }

    public IStoreTransaction Begin(HistoryId history, IsolationLevel isolation) => new PostgresTransaction(_connections, history, isolation);

    public Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken) => _connections.AskAsync(
        static async (place, ask, token) => ask.guard.ProveAtPrimary == 0
            ? await ask._reads.StampAsync(place.Connection, 0, async: true, token).ConfigureAwait(false)
            : await ask._reads.ProveAsync(place.Connection, new NpgsqlBatchCommand("SELECT 1"), ask.guard, token).ConfigureAwait(false),
        (_reads, guard),
        cancellationToken);

    public async Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        var (history, reach) = await _histories.ReadAsync(cancellationToken).ConfigureAwait(false);
        _proofs.Confirm(history.Id, reach);
        return history;
    }

    public ValueTask<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull => _reads.FindAsync(map, key, guard, cancellationToken);

    public Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var sql = EntitySql<TEntity, TKey>.For(map);
        var territories = new List<Territory>();
        var arrays = new ValueArrays(keys.Count);
        var numbers = new ValueArrays(keys.Count);
        foreach (var key in keys)
        {
            arrays.NextRow();
            map.WriteKey(key, arrays);
            var territory = map.TerritoryOf(key);
            var number = territories.IndexOf(territory);
            if (number < 0)
            {
                number = territories.Count;
                territories.Add(territory);
            }

            numbers.NextRow();
            numbers.Write(number);
        }

        var query = new NpgsqlBatchCommand(territories.Count == 1 ? sql.FindMany : sql.FindManyAbroad);
        arrays.AddTo(query.Parameters);
        if (territories.Count > 1)
        {
            numbers.AddTo(query.Parameters);
        }

        return _reads.RunAsync(query, ListAsync, (map, (IReadOnlyList<Territory>)territories), guard, cancellationToken);
    }

    public Task<StoreRead<SizedRow<TEntity>[]?>> FindEachAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var query = new NpgsqlBatchCommand(EntitySql<TEntity, TKey>.For(map).FindMany);
        var arrays = new ValueArrays(keys.Count);
        foreach (var key in keys)
        {
            arrays.NextRow();
            map.WriteKey(key, arrays);
        }

        arrays.AddTo(query.Parameters);
        return _reads.RunAsync(
            query,
            static (reader, state, token) => EachRow.ReadAsync(reader, state.map, state.territory, state.keys, token),
            (map, territory, keys),
            guard,
            cancellationToken);
    }

    public Task<StoreRead<IReadOnlyList<TEntity>>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var command = QuerySql<TEntity>.Command(EntitySql<TEntity, TKey>.For(map).Select, query, map.Mapped);
        return _reads.RunAsync(command, ListAsync, (map, (IReadOnlyList<Territory>)[query.Territory]), guard, cancellationToken);
    }

    public async Task<StoreWrite> WriteAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var sql = EntitySql<TEntity, TKey>.For(map);
        var (result, answer) = await _writes.RunAsync([WriteStatements.Of(map, write, guard.Operation)], guard, cancellationToken).ConfigureAwait(false);
        if (!write.MustMatch || answer.Applied)
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

    public Task<StoreWrite> InsertManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var sql = EntitySql<TEntity, TKey>.For(map);
        var counts = map.Version is not null;
        return _writes.CopyAsync(
            sql.Copy,
            (entity, writer) =>
            {
                foreach (var column in sql.Stored)
                {
                    column.Write(entity, writer);
                }

                if (counts)
                {
                    writer.Write(1L);
                }
            },
            entities,
            guard,
            cancellationToken);
    }

    public void Drain() => _connections.Drain();

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    internal static async Task<IReadOnlyList<TEntity>> ListAsync<TEntity, TKey>(
        NpgsqlDataReader reader, (EntityMap<TEntity, TKey> Map, IReadOnlyList<Territory> Territories) state, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var rows = new List<TEntity>();
        var territories = state.Territories;
        var row = new PostgresRow(reader, territories[0]);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (territories.Count > 1)
            {
                row.MoveTo(territories[reader.GetInt32(state.Map.Columns.Count)]);
            }

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
                catch (Exception exception) when (PostgresFaults.IsDrivers(exception, connection))
                {
                    // The conflict is certain; which one is a courtesy.
                    return true;
                }
            }
        }
    }

    private Task<NodeObservation> ObserveAsync(bool completeRecord, CancellationToken cancellationToken) => _connections.AskAsync(
        static (place, ask, token) => ask.endpoint.ObserveAsync(place.Connection, ask.completeRecord, token), (endpoint: this, completeRecord), cancellationToken);

    private async Task<NodeObservation> ObserveAsync(NpgsqlConnection connection, bool completeRecord, CancellationToken cancellationToken)
    {
        try
        {
            var observation = await ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
            if (!completeRecord || !observation.IsPrimary || !StandsInsideRecord(observation.Position))
            {
                return observation;
            }

            // No replica can replay that far: complete the record, or an idle primary's replicas would seem to fall behind.
            var command = new NpgsqlCommand(CompleteRecord, connection);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            return await ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new StoreFaultException(
                StoreFaultKind.Rejected, WriteDisposition.NotApplied, "The schema wbd is missing: run the migrations.", exception)
            { Code = exception.SqlState };
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
                return _proofs.Observation(stamp, flushed);
            }
        }
    }

    /// <summary>Whether the log has stood still at a page's end since the last look, and so perhaps inside a record.</summary>
    private bool StandsInsideRecord(ulong position) =>
        Interlocked.Exchange(ref _lastSample, position) == position && LogPosition.MayEndInsideRecord(position);
}
