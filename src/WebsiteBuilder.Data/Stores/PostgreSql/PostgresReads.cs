using System.Runtime.CompilerServices;
using Npgsql;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Runs reads in one round trip, with as few questions around them as their proof takes.</summary>
internal sealed class PostgresReads(PostgresConnections connections, NodeProofs proofs, EngineRuntime runtime)
{
    /// <summary>
    /// Reads the entity of a key. Where the node stands is a part of the row; what it had replayed before is asked only if it isn't known. Await the result once: what a read waits with is used
    /// again by the next. It is one method, because each that waits has its own price.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var place = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var question = proofs.Ask(guard, place.Run, runtime.Now);
                if (question.Known is null)
                {
                    var looked = await FindAfterLookAsync(place, map, key, question, cancellationToken).ConfigureAwait(false);
                    place.IsClean = true;
                    return looked;
                }

                var command = place.Command(EntitySql<TEntity, TKey>.For(map), static sql => sql.FindStamped);
                map.WriteKey(key, command.Key);
                NpgsqlDataReader reader;
                try
                {
                    reader = await command.Command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (PostgresFaults.IsUnsendable(exception))
                {
                    throw PostgresFaults.NotSent(place.Connection, exception);
                }

                StoreRead<TEntity?> answer;
                try
                {
                    await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                    answer = Found(reader, place, map, key, question, null, null);
                }
                finally
                {
                    await reader.DisposeAsync().ConfigureAwait(false);
                }

                place.IsClean = true;
                return answer;
            }
            catch (Exception exception) when (PostgresFaults.IsDrivers(exception, place.Connection))
            {
                var fault = place.Failed(PostgresFaults.Reading(exception, cancellationToken));
                if (isSecond || !place.IsOldNews(fault))
                {
                    throw fault;
                }
            }
            finally
            {
                await place.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Runs a query.</summary>
    /// <param name="query">The query's command, which reads at least nothing.</param>
    /// <param name="materialize">Makes the result while the reader stands on the query's result set.</param>
    /// <param name="state">For <paramref name="materialize"/>.</param>
    /// <param name="guard">What to prove.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoreRead<TResult>> RunAsync<TState, TResult>(
        NpgsqlBatchCommand query,
        Func<NpgsqlDataReader, TState, CancellationToken, Task<TResult>> materialize,
        TState state,
        ReadGuard guard,
        CancellationToken cancellationToken)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var place = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var answer = await RunAsync(place, isSecond ? Anew(query) : query, materialize, state, guard, cancellationToken).ConfigureAwait(false);
                place.IsClean = true;
                return answer;
            }
            catch (Exception exception) when (PostgresFaults.IsDrivers(exception, place.Connection))
            {
                var fault = place.Failed(PostgresFaults.Reading(exception, cancellationToken));
                if (isSecond || !place.IsOldNews(fault))
                {
                    throw fault;
                }
            }
            finally
            {
                await place.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Asks what takes no time.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="seconds">After how long it counts as lost; 0 for never.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task GreetAsync(NpgsqlConnection connection, int seconds, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT 1", connection) { CommandTimeout = seconds };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the node prove where it stands on a connection that others will use, and sets that connection up in the same round trip.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="setting">A command that sets something and returns one row.</param>
    /// <param name="guard">What to prove.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ReadStamp> ProveAsync(
        NpgsqlConnection connection, NpgsqlBatchCommand setting, ReadGuard guard, CancellationToken cancellationToken)
    {
        var question = proofs.Ask(guard, null, runtime.Now);
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            AddQuestions(batch, question);
            batch.BatchCommands.Add(setting);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Hi));
            var reader = await PostgresFaults.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var (lo, proof) = await BeforeAsync(reader, question, cancellationToken).ConfigureAwait(false);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return Stamp(question, lo, StampReader.Hi(reader), proof);
            }
        }
    }

    /// <summary>Asks where the node stands, without a query and without a proof.</summary>
    public async ValueTask<ReadStamp> StampAsync(NpgsqlConnection connection, int timeoutSeconds, bool async, CancellationToken cancellationToken)
    {
        var question = proofs.Ask(default, null, runtime.Now);
        var batch = new NpgsqlBatch(connection) { Timeout = timeoutSeconds };
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Lo));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Hi));
            var answers = await Answers.AskAsync(batch, async, cancellationToken).ConfigureAwait(false);
            await using (answers.ConfigureAwait(false))
            {
                await answers.ReadAsync().ConfigureAwait(false);
                var lo = StampReader.Lo(answers.Reader);
                await answers.NextResultAsync().ConfigureAwait(false);
                await answers.ReadAsync().ConfigureAwait(false);
                return Stamp(question, lo with { ReadCommitted = true }, StampReader.Hi(answers.Reader), null);
            }
        }
    }

    /// <summary>The same for another connection: the driver notes on a command what it has prepared for it on the one before.</summary>
    private static NpgsqlBatchCommand Anew(NpgsqlBatchCommand query)
    {
        var anew = new NpgsqlBatchCommand(query.CommandText);
        foreach (NpgsqlParameter parameter in query.Parameters)
        {
            anew.Parameters.Add(parameter.Clone());
        }

        return anew;
    }

    private async ValueTask<StoreRead<TResult>> RunAsync<TState, TResult>(
        PlacedConnection place,
        NpgsqlBatchCommand query,
        Func<NpgsqlDataReader, TState, CancellationToken, Task<TResult>> materialize,
        TState state,
        ReadGuard guard,
        CancellationToken cancellationToken)
    {
        var question = proofs.Ask(guard, place.Run, runtime.Now);
        var batch = new NpgsqlBatch(place.Connection);
        await using (batch.ConfigureAwait(false))
        {
            AddQuestions(batch, question);
            batch.BatchCommands.Add(query);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Hi));
            var reader = await PostgresFaults.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var (lo, proof) = await BeforeAsync(reader, question, cancellationToken).ConfigureAwait(false);
                var value = await materialize(reader, state, cancellationToken).ConfigureAwait(false);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return new StoreRead<TResult>(value, Stamp(place, question, lo, StampReader.Hi(reader), proof));
            }
        }
    }

    private async ValueTask<StoreRead<TEntity?>> FindAfterLookAsync<TEntity, TKey>(
        PlacedConnection place, EntityMap<TEntity, TKey> map, TKey key, ReadQuestion question, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var query = new NpgsqlBatchCommand(EntitySql<TEntity, TKey>.For(map).FindStamped);
        map.WriteKey(key, new ParameterWriter(query.Parameters));
        var batch = new NpgsqlBatch(place.Connection);
        await using (batch.ConfigureAwait(false))
        {
            AddQuestions(batch, question);
            batch.BatchCommands.Add(query);
            var reader = await PostgresFaults.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var (lo, proof) = await BeforeAsync(reader, question, cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return Found(reader, place, map, key, question, lo, proof);
            }
        }
    }

    private StoreRead<TEntity?> Found<TEntity, TKey>(
        NpgsqlDataReader reader, PlacedConnection place, EntityMap<TEntity, TKey> map, TKey key, in ReadQuestion question, LoStamp? lo, VisibilityProof? proof)
        where TEntity : class
        where TKey : notnull
    {
        var entity = reader.IsDBNull(map.KeyColumns[0].Ordinal) ? null : map.Materialize(new PostgresRow(reader, map.TerritoryOf(key)));
        return new StoreRead<TEntity?>(entity, Stamp(place, question, lo, StampReader.Hi(reader, map.Columns.Count), proof));
    }

    /// <summary>What a connection leads to is remembered only if it leads there for as long as it is open, which a pooler's doesn't.</summary>
    private ReadStamp Stamp(PlacedConnection place, in ReadQuestion question, LoStamp? lo, HiStamp hi, VisibilityProof? proof)
    {
        var run = place.Run;
        try
        {
            return proofs.Stamp(question, lo, hi, proof, ref run);
        }
        finally
        {
            place.Run = connections.IsPooled ? null : run;
        }
    }

    private ReadStamp Stamp(in ReadQuestion question, LoStamp? lo, HiStamp hi, VisibilityProof? proof)
    {
        ServerRun? none = null;
        return proofs.Stamp(question, lo, hi, proof, ref none);
    }

    private static void AddQuestions(NpgsqlBatch batch, in ReadQuestion question)
    {
        if (question.Proves)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofPosition));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofHolders));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofIdle));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofSnapshot));
        }

        if (question.Known is null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Lo));
        }
    }

    /// <summary>Reads what was asked before the query; the reader stands on the query's result set then.</summary>
    private static async ValueTask<(LoStamp? Lo, VisibilityProof? Proof)> BeforeAsync(
        NpgsqlDataReader reader, ReadQuestion question, CancellationToken cancellationToken)
    {
        if (question.Known is not null)
        {
            return default;
        }

        var proof = question.Proves ? await ProofAsync(reader, cancellationToken).ConfigureAwait(false) : null;
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var lo = StampReader.Lo(reader);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return (lo, proof);
    }

    private static async Task<VisibilityProof?> ProofAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var position = StampReader.Position(reader, 0);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var holders = await IdsAsync(reader, cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var idle = await IdsAsync(reader, cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var snapshot = reader.GetString(0);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return position is { } flushed ? new VisibilityProof(flushed, holders, idle, snapshot) : null;
    }

    private static async Task<List<uint>> IdsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var ids = new List<uint>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            ids.Add((uint)reader.GetInt64(0));
        }

        return ids;
    }
}
