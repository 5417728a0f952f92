using System.Data;
using System.Data.Common;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>A connection for users' SQL.</summary>
internal sealed class PostgresSqlLink : ISqlLink
{
    private const string Inserted = "SELECT pg_current_wal_insert_lsn()";
    private const string State = Inserted + ", current_setting('synchronous_commit')";

    private readonly NpgsqlConnection _connection;
    private readonly UserConnections _users;
    private readonly PostgresReads _reads;
    private readonly SqlGuard _guard;
    private readonly CommitWarnings _warnings = new();
    private string? _settingReplaced;
    private int _closed;

    public PostgresSqlLink(NpgsqlConnection connection, UserConnections users, PostgresReads reads, SqlGuard guard, ReadStamp opened)
    {
        _connection = connection;
        _users = users;
        _reads = reads;
        _guard = guard;
        Opened = opened;
        connection.Notice += _warnings.OnNotice;
    }

    public DbConnection Connection => _connection;

    public ReadStamp Opened { get; }

    private int TimeoutSeconds => Math.Max(1, (int)Math.Ceiling(_guard.Timeout.TotalSeconds));

    public async ValueTask<ReadStamp> StampAsync(bool async, CancellationToken cancellationToken)
    {
        try
        {
            return await _reads.StampAsync(_connection, TimeoutSeconds, async, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            throw PostgresFaults.Reading(exception, cancellationToken);
        }
    }

    public async ValueTask FollowAsync(Following follows, bool async, CancellationToken cancellationToken)
    {
        try
        {
            var batch = new NpgsqlBatch(_connection) { Timeout = TimeoutSeconds, BatchCommands = { FollowingSql.Set(follows, _settingReplaced) } };
            await using (batch.ConfigureAwait(false))
            {
                var answers = await Answers.AskAsync(batch, async, cancellationToken).ConfigureAwait(false);
                await using (answers.ConfigureAwait(false))
                {
                    await answers.ReadAsync().ConfigureAwait(false);
                    var (before, now) = (answers.Reader.GetString(0), answers.Reader.GetString(1));
                    _settingReplaced = now != SynchronousCommit.Name(follows.Instead) ? null : now != before ? before : _settingReplaced;
                }
            }
        }
        catch (PostgresException) when (_connection.State == ConnectionState.Open)
        {
            // Nothing can be committed where not even that can be chosen, such as in a transaction that has failed. The user's own statement says so, or ends it.
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            throw PostgresFaults.BeforeCommit(exception, PostgresFaults.IsServersOrLost(exception, _connection), 0, cancellationToken);
        }
    }

    public async ValueTask<TransactionCommit> CommitAsync(Following? follows, bool async, CancellationToken cancellationToken)
    {
        // The setting is read before the commit, because SET LOCAL ends with it.
        var after = CommitPosition.Question(_guard.Durability);
        _warnings.Forget();
        try
        {
            var (tail, durability) = await AskAsync(
                [follows is { } following ? FollowingSql.Ask(Inserted, following) : new NpgsqlBatchCommand(State), new NpgsqlBatchCommand("COMMIT"), after], async, cancellationToken).ConfigureAwait(false);
            return await CompleteAsync(tail, durability, tail.Before, async).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            var failed = exception as PostgresException ?? (exception as OperationCanceledException)?.InnerException as PostgresException;
            throw PostgresFaults.Writing(failed ?? exception, failed?.BatchCommand == after && failed is not null, 0, cancellationToken);
        }
    }

    public async ValueTask<TransactionCommit> PositionAsync(bool async, CancellationToken cancellationToken)
    {
        try
        {
            var (tail, durability) = await AskAsync(
                [new NpgsqlBatchCommand(State), CommitPosition.Question(_guard.Durability)], async, cancellationToken).ConfigureAwait(false);

            // Where the log stood just before the statement isn't known, so what standbys reported can't be told from what they had before, and nothing of it counts as confirmed.
            tail = tail with { Before = ulong.MaxValue };
            var behind = await CompleteAsync(tail, durability, LogPosition.WithoutPageHeader(tail.Inserted), async).ConfigureAwait(false);
            return behind with { Write = behind.Write with { Confirmed = 0 } };
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            throw PostgresFaults.Reading(exception, cancellationToken);
        }
        finally
        {
            _warnings.Forget();
        }
    }

    public void WhenClosed(DbDataReader reader, Action closed) => ((NpgsqlDataReader)reader).ReaderClosed += (_, _) => closed();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _connection.Notice -= _warnings.OnNotice;
            _users.Close(_connection);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return ValueTask.CompletedTask;
        }

        _connection.Notice -= _warnings.OnNotice;
        return _users.CloseAsync(_connection);
    }

    private async ValueTask<TransactionCommit> CompleteAsync(CommitTail tail, WriteDurability durability, ulong shown, bool async)
    {
        var write = await CommitPosition.CompleteAsync(_connection, tail, durability, _warnings, 0, async).ConfigureAwait(false);
        return new TransactionCommit(write, shown);
    }

    private async ValueTask<(CommitTail Tail, WriteDurability Durability)> AskAsync(
        NpgsqlBatchCommand[] commands, bool async, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(_connection) { Timeout = TimeoutSeconds };
        await using (batch.ConfigureAwait(false))
        {
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            var answers = await Answers.AskAsync(batch, async, cancellationToken).ConfigureAwait(false);
            await using (answers.ConfigureAwait(false))
            {
                await answers.ReadAsync().ConfigureAwait(false);
                var before = StampReader.Position(answers.Reader, 0) ?? 0;
                var durability = SynchronousCommit.Parse(answers.Reader.GetString(1));
                await answers.NextResultAsync().ConfigureAwait(false);
                await answers.ReadAsync().ConfigureAwait(false);
                var tail = CommitTail.Read(answers.Reader, before);

                // An error behind the commit shows when what follows is read.
                await answers.NextResultAsync().ConfigureAwait(false);
                return (tail, durability);
            }
        }
    }
}
