using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Runs a write as one transaction that tells its position, in one round trip: guard, durability, statement, commit, and then where the log
/// stands.
/// </summary>
internal sealed partial class PostgresWrites(PostgresConnections connections)
{
    public const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED";

    /// <summary>The guard, and where the log stood before the write: its commit record comes behind that.</summary>
    public const string Guard = "SELECT wbd.require_history($1), pg_current_wal_insert_lsn()";

    private static readonly string[] GuardAndDurability =
        [.. Enum.GetValues<WriteDurability>().Order().Select(static durability => $"{Guard}, set_config('synchronous_commit', '{SynchronousCommit.Name(durability)}', true)")];

    private static readonly string GuardAndFollowing = Guard + ", " + FollowingSql.Guarded;

    /// <summary>A server that takes longer than that to give up is as good as gone, and its connection with it.</summary>
    private const int RollBackSeconds = 5;

    /// <summary>Runs one write.</summary>
    /// <param name="statements">The statements. One of them at most returns rows, of which the first is read.</param>
    /// <param name="guard">The history and durability.</param>
    /// <param name="cancellationToken">Gives up; the outcome is then ambiguous.</param>
    public async Task<(StoreWrite Write, WriteAnswer Answer)> RunAsync(NpgsqlBatchCommand[] statements, WriteGuard guard, CancellationToken cancellationToken)
    {
        var place = await connections.OpenSureAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var connection = place.Connection;
            var warnings = new CommitWarnings();
            connection.Notice += warnings.OnNotice;
            var after = CommitPosition.Question(guard.Durability);
            try
            {
                var (tail, answer) = await CommitAsync(connection, statements, guard, after, cancellationToken).ConfigureAwait(false);
                var write = await CommitPosition.CompleteAsync(connection, tail, guard.Durability, warnings, answer.Version, async: true).ConfigureAwait(false);

                // Where no marker could be committed, it may have left a transaction behind.
                place.IsClean = !LogPosition.MayEndInsideRecord(write.Position);
                return (write, answer);
            }
            catch (Exception exception) when (exception is not StoreFaultException)
            {
                var seen = await RollBackAsync(connection).ConfigureAwait(false);
                throw place.Failed(PostgresFaults.Writing(exception, (exception as PostgresException)?.BatchCommand == after, seen, cancellationToken));
            }
            finally
            {
                connection.Notice -= warnings.OnNotice;
            }
        }
    }

    private static async Task<(CommitTail Tail, WriteAnswer Answer)> CommitAsync(
        NpgsqlConnection connection, NpgsqlBatchCommand[] statements, WriteGuard guard, NpgsqlBatchCommand after, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
            batch.BatchCommands.Add(GuardAndSet(guard));
            foreach (var statement in statements)
            {
                batch.BatchCommands.Add(statement);
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            batch.BatchCommands.Add(after);
            var reader = await PostgresFaults.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                // Result sets: the guard's, the statement's if it returns rows, the tail's.
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var before = StampReader.Position(reader, 1) ?? 0;
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                var answer = default(WriteAnswer);
                if (reader.FieldCount < CommitTail.Fields)
                {
                    answer = await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? WriteAnswer.Read(reader) : default;
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }

                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var tail = CommitTail.Read(reader, before);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return (tail, answer);
            }
        }
    }

    /// <summary>Ends the failed transaction, and says where the log stood then: whoever has that shows why the write was refused.</summary>
    public static async Task<ulong> RollBackAsync(NpgsqlConnection connection)
    {
        if (connection.FullState != System.Data.ConnectionState.Open)
        {
            return 0;
        }

        try
        {
            var batch = new NpgsqlBatch(connection)
            {
                Timeout = RollBackSeconds,
                BatchCommands = { new NpgsqlBatchCommand("ROLLBACK"), new NpgsqlBatchCommand(StampSql.Hi) },
            };
            await using (batch.ConfigureAwait(false))
            {
                var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                    return StampReader.Hi(reader).Inserted ?? 0;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException || PostgresFaults.IsServersOrLost(exception, connection))
        {
            // The connection is gone, and with it the transaction.
            await connection.CloseAsync().ConfigureAwait(false);
            return 0;
        }
    }

    /// <summary>The guard, and the durability of the transaction.</summary>
    public static NpgsqlBatchCommand GuardAndSet(in WriteGuard guard)
    {
        var command = new NpgsqlBatchCommand(guard.Follows is null ? GuardAndDurability[(int)guard.Durability] : GuardAndFollowing)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = guard.History.Value } },
        };
        if (guard.Follows is { } follows)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = SynchronousCommit.Name(guard.Durability) });
            FollowingSql.Write(command.Parameters, follows);
        }

        return command;
    }

    public static string Durability(WriteDurability durability) => "SET LOCAL synchronous_commit TO " + SynchronousCommit.Name(durability);
}
