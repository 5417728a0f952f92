using System.Data;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// A transaction: over one of the library's own connections if it only writes, over one of those for users if it reads, since a user's code runs meanwhile. Its beginning travels with the first statements and its operation row with the commit, so that writes alone take one
/// round trip.
/// </summary>
internal sealed class PostgresTransaction(PostgresConnections connections, HistoryId history, IsolationLevel isolation) : IStoreTransaction, IStagedWriteVisitor<StagedStatement>
{
    /// <summary>Just before the commit: its record comes behind that, and all that was visible so far lies before it.</summary>
    private const string Before = "SELECT pg_current_wal_insert_lsn()";

    private readonly CommitWarnings _warnings = new();
    private PlacedConnection? _place;
    private bool _ended;

    private NpgsqlConnection Connection => _place!.Connection;

    public Task<TEntity?> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var query = new NpgsqlBatchCommand(EntitySql<TEntity, TKey>.For(map).Find + Lock(rowLock));
        map.WriteKey(key, new ParameterWriter(query.Parameters));
        return ReadAsync(
            before,
            query,
            static async (reader, state, token) => await reader.ReadAsync(token).ConfigureAwait(false)
                ? state.map.Materialize(new PostgresRow(reader, state.Item2))
                : null,
            (map, map.TerritoryOf(key)),
            cancellationToken);
    }

    public Task<IReadOnlyList<TEntity>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var command = QuerySql<TEntity>.Command(EntitySql<TEntity, TKey>.For(map).Select, query, map.Mapped);
        command.CommandText += Lock(rowLock);
        return ReadAsync(before, command, PostgresEndpoint.ListAsync, (map, (IReadOnlyList<Territory>)[query.Territory]), cancellationToken);
    }

    public async Task<TransactionCommit> CommitAsync(
        IReadOnlyList<StagedWrite> writes, WriteDurability durability, Following? follows, OperationRows? operation, CancellationToken cancellationToken)
    {
        var after = CommitPosition.Question(durability);
        var script = await BeginAsync(writes, isHeld: false, cancellationToken).ConfigureAwait(false);
        if (operation is { } rows)
        {
            script.Commands.Add(WriteStatements.Record(rows));
        }

        script.Commands.Add(new NpgsqlBatchCommand(PostgresWrites.Durability(durability)));
        script.Commands.Add(follows is { } following ? FollowingSql.Ask(Before, following) : new NpgsqlBatchCommand(Before));
        script.Commands.Add(new NpgsqlBatchCommand("COMMIT"));
        script.Commands.Add(after);
        var connection = Connection;
        try
        {
            var tail = await AskAsync(script, ReadTailAsync, 0, cancellationToken).ConfigureAwait(false);
            var write = await CommitPosition.CompleteAsync(connection, tail, durability, _warnings, 0, async: true).ConfigureAwait(false);
            _ended = true;
            _place!.IsClean = !LogPosition.MayEndInsideRecord(write.Position);
            await CloseAsync().ConfigureAwait(false);
            return new TransactionCommit(write, LogPosition.WithoutPageHeader(tail.Before));
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            var seen = await RollBackAsync().ConfigureAwait(false);
            throw script.Named(
                PostgresFaults.Writing(exception, (exception as PostgresException)?.BatchCommand == after, seen, cancellationToken), exception);
        }
    }

    public async ValueTask DisposeAsync() => await RollBackAsync().ConfigureAwait(false);

    public StagedStatement Visit<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull => WriteStatements.Staged(map, write);

    private static string Lock(RowLock rowLock) => rowLock switch
    {
        RowLock.Update => " FOR UPDATE",
        RowLock.UpdateSkippingLocked => " FOR UPDATE SKIP LOCKED",
        _ => "",
    };

    private static async Task<CommitTail> ReadTailAsync(NpgsqlDataReader reader, int nothing, CancellationToken cancellationToken)
    {
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var before = StampReader.Position(reader, 0) ?? 0;
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return CommitTail.Read(reader, before);
    }

    private async Task<T> ReadAsync<TState, T>(
        IReadOnlyList<StagedWrite> before,
        NpgsqlBatchCommand query,
        Func<NpgsqlDataReader, TState, CancellationToken, Task<T>> materialize,
        TState state,
        CancellationToken cancellationToken)
    {
        var script = await BeginAsync(before, isHeld: true, cancellationToken).ConfigureAwait(false);
        script.Commands.Add(query);
        try
        {
            return await AskAsync(script, materialize, state, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (PostgresFaults.IsDrivers(exception, Connection))
        {
            var isServersOrLost = PostgresFaults.IsServersOrLost(exception, Connection);
            var seen = await RollBackAsync().ConfigureAwait(false);
            throw script.Named(PostgresFaults.BeforeCommit(exception, isServersOrLost, seen, cancellationToken), exception);
        }
    }

    /// <summary>What comes first: the beginning of the transaction, unless it is under way, and staged writes.</summary>
    private async Task<Script> BeginAsync(IReadOnlyList<StagedWrite> writes, bool isHeld, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            throw new InvalidOperationException("The transaction has ended.");
        }

        var script = new Script(writes, this);
        if (_place is null)
        {
            _place = isHeld ? await connections.OpenHeldAsync(cancellationToken).ConfigureAwait(false) : await connections.OpenSureAsync(cancellationToken).ConfigureAwait(false);
            Connection.Notice += _warnings.OnNotice;
            script.Begin(history, isolation);
        }

        return script;
    }

    private async Task<T> AskAsync<TState, T>(
        Script script, Func<NpgsqlDataReader, TState, CancellationToken, Task<T>> read, TState state, CancellationToken cancellationToken)
    {
        // The engine limits time; a lock may be waited for.
        var batch = new NpgsqlBatch(Connection) { Timeout = 0 };
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in script.Commands)
            {
                batch.BatchCommands.Add(command);
            }

            var reader = await PostgresFaults.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                for (var i = 0; i < script.AnswersBefore; i++)
                {
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }

                var value = await read(reader, state, cancellationToken).ConfigureAwait(false);

                // An error behind the last answer shows when what follows is read.
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return value;
            }
        }
    }

    private async ValueTask<ulong> RollBackAsync()
    {
        _ended = true;
        if (_place is null)
        {
            return 0;
        }

        var seen = await PostgresWrites.RollBackAsync(Connection).ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
        return seen;
    }

    private async ValueTask CloseAsync()
    {
        if (_place is { } place)
        {
            place.Connection.Notice -= _warnings.OnNotice;
            _place = null;
            await place.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The statements of one round trip.</summary>
    private sealed class Script
    {
        private readonly IReadOnlyList<StagedWrite> _writes;
        private int _first;

        public Script(IReadOnlyList<StagedWrite> writes, IStagedWriteVisitor<StagedStatement> statements)
        {
            _writes = writes;
            Commands = new List<NpgsqlBatchCommand>(writes.Count + 8);
            foreach (var write in writes)
            {
                var statement = write.Accept(statements);
                Commands.Add(statement.Command);
                AnswersBefore += statement.Answers ? 1 : 0;
            }
        }

        public List<NpgsqlBatchCommand> Commands { get; }

        /// <summary>How many answers come before those that are asked for.</summary>
        public int AnswersBefore { get; private set; }

        public void Begin(HistoryId history, IsolationLevel isolation)
        {
            Commands.InsertRange(
                0,
                [
                    new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL " + Name(isolation)),
                    new NpgsqlBatchCommand(PostgresWrites.Guard) { Parameters = { new NpgsqlParameter<long> { TypedValue = history.Value } } },
                ]);
            _first = 2;
            AnswersBefore++;
        }

        /// <summary>Says which staged write failed, if it was one.</summary>
        public StoreFaultException Named(StoreFaultException fault, Exception exception)
        {
            var failed = exception is PostgresException { BatchCommand: NpgsqlBatchCommand command } ? Commands.IndexOf(command) - _first : -1;
            return failed >= 0 && failed < _writes.Count ? fault.At(_writes[failed].Name) : fault;
        }

        private static string Name(IsolationLevel isolation) => isolation switch
        {
            IsolationLevel.ReadCommitted => "READ COMMITTED",
            IsolationLevel.RepeatableRead => "REPEATABLE READ",
            IsolationLevel.Serializable => "SERIALIZABLE",
            _ => throw new ArgumentOutOfRangeException(nameof(isolation), isolation, "Not an isolation level of transactions."),
        };
    }
}
