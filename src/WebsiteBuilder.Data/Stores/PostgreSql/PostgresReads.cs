using System.Runtime.CompilerServices;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Runs reads between their two stamps, in one round trip, and works out what they prove.</summary>
internal sealed class PostgresReads(PostgresConnections connections, VisibilityLedger ledger, ConfirmedReach reach)
{
    private volatile bool _wasPrimary;

    /// <summary>Notes the node's role as seen elsewhere, so that the first read of a primary brings its proof along.</summary>
    public void SawRole(bool isPrimary) => _wasPrimary = isPrimary;

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
        var place = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var connection = place.Connection;
            try
            {
                return await RunAsync(connection, query, materialize, state, guard, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException or IOException or TimeoutException)
            {
                throw PostgresFaults.Reading(exception, cancellationToken);
            }
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
        var read = await RunAsync(connection, setting, static (_, _, _) => Task.FromResult(true), 0, guard, cancellationToken).ConfigureAwait(false);
        return read.Stamp;
    }

    /// <summary>Asks where the node stands, without a query and without a proof.</summary>
    public async ValueTask<ReadStamp> StampAsync(NpgsqlConnection connection, int timeoutSeconds, bool async, CancellationToken cancellationToken)
    {
        var sent = ledger.Mark();
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
                return Stamp(lo with { ReadCommitted = true }, StampReader.Hi(answers.Reader), sent, null);
            }
        }
    }

    // Awaited once, by a caller that keeps a state of its own: the state of this one can be used again.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<StoreRead<TResult>> RunAsync<TState, TResult>(
        NpgsqlConnection connection,
        NpgsqlBatchCommand query,
        Func<NpgsqlDataReader, TState, CancellationToken, Task<TResult>> materialize,
        TState state,
        ReadGuard guard,
        CancellationToken cancellationToken)
    {
        // A proof costs a look at the lock table; it is made only where a primary is asked for more than it has proven.
        var prove = guard.ProveAtPrimary > 0 && _wasPrimary;
        var sent = ledger.Mark();
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            if (prove)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofPosition));
                batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofHolders));
                batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofIdle));
                batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.ProofSnapshot));
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Lo));
            batch.BatchCommands.Add(query);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(StampSql.Hi));
            var reader = await PostgresFaults.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var proof = prove ? await ProofAsync(reader, cancellationToken).ConfigureAwait(false) : null;
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var lo = StampReader.Lo(reader);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                var value = await materialize(reader, state, cancellationToken).ConfigureAwait(false);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var hi = StampReader.Hi(reader);
                return new StoreRead<TResult>(value, Stamp(lo, hi, sent, proof));
            }
        }
    }

    private ReadStamp Stamp(LoStamp lo, HiStamp hi, VisibilityMark sent, VisibilityProof? proof)
    {
        if (!lo.ReadCommitted)
        {
            throw new StoreFaultException(
                StoreFaultKind.Rejected,
                WriteDisposition.NotApplied,
                "Verified reads need READ COMMITTED: set default_transaction_isolation of the role and database to it.");
        }

        _wasPrimary = !lo.InRecovery;
        if (lo.InRecovery != hi.InRecovery)
        {
            // Promoted in between; the next read sees clearly.
            throw new StoreFaultException(StoreFaultKind.WrongRole, WriteDisposition.NotApplied, "The node was promoted during the read.");
        }

        return lo.InRecovery ? Replica(lo, hi) : Primary(lo, hi, sent, proof);
    }

    private ReadStamp Replica(LoStamp lo, HiStamp hi)
    {
        var history = lo.NamedHistory;
        if (lo.Replayed is not { } replayed || hi.Replayed is not { } replayedAfter)
        {
            return new ReadStamp(IsPrimary: false, default, 0, ulong.MaxValue, lo.Incarnation);
        }

        if (lo.OnNamedHistory)
        {
            // What was received counts if the receiver was still on the timeline after that.
            reach.Confirm(history, hi.Timeline == lo.Timeline ? Math.Max(replayed, hi.Received ?? 0) : replayed);
        }
        else if (lo.Timeline is not null || !reach.Covers(history, replayedAfter))
        {
            history = default;
        }

        return new ReadStamp(
            IsPrimary: false, history, replayed, LogPosition.SeenOnReplica(replayedAfter, hi.Received), lo.Incarnation);
    }

    private ReadStamp Primary(LoStamp lo, HiStamp hi, VisibilityMark sent, VisibilityProof? proof)
    {
        if (!lo.OnNamedHistory)
        {
            return new ReadStamp(IsPrimary: true, default, 0, ulong.MaxValue, lo.Incarnation);
        }

        var history = lo.NamedHistory;
        var proven = proof is null ? sent.ProvenOn(history) : ledger.Prove(sent, history, proof);

        // Commits without flush are visible too, so what a read may have seen is bounded by what was inserted.
        return new ReadStamp(
            IsPrimary: true, history, proven, LogPosition.WithoutPageHeader(hi.Inserted ?? 0), lo.Incarnation);
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
