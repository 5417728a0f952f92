using System.Data;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>What a transaction keeps, all defaults resolved.</summary>
/// <param name="Isolation">The isolation level.</param>
/// <param name="Timeout">For the whole of it.</param>
/// <param name="ReplaySafe">Whether its body may run more than once.</param>
/// <param name="TakesDurabilityOfData">Whether the policies of what it writes may raise its durability.</param>
internal sealed record TransactionSettings(IsolationLevel Isolation, TimeSpan Timeout, bool ReplaySafe, bool TakesDurabilityOfData);

/// <summary>A unit of work as the engine runs it: the body, then the commit of what it staged.</summary>
internal sealed class TransactionOperation(ShardEngine engine, SessionState session, Func<TransactionRun, CancellationToken, Task> body, TransactionSettings settings)
    : IWriteOperation
{
    private TransactionRun? _run;
    private IReadOnlyList<StagedWrite>? _blind;

    public string Name => "unit-of-work";

    public uint? BlindKeyHash => null;

    /// <summary>Writes that depend on no read can be sent again without the body.</summary>
    public Repetition Repeats => settings.ReplaySafe ? Repetition.WhenContradicted : _blind is not null ? Repetition.WhenLost : Repetition.Never;

    public WriteDurability AtLeast => settings.TakesDurabilityOfData && _run is { } run ? run.Demanded : WriteDurability.Unspecified;

    public bool TryCallOff() => _run?.TryCallOff() ?? false;

    public async Task<StoreWrite> RunAsync(IStoreEndpoint endpoint, WriteGuard guard, CancellationToken cancellationToken)
    {
        var transaction = ((ITransactionStore)endpoint).Begin(guard.History, settings.Isolation);
        var exposure = new Exposure(engine.Shard.Definition.Id, guard.History, IndexOf(endpoint));
        using var run = new TransactionRun(engine, session, transaction, exposure, settings, cancellationToken);
        var isAgain = _blind is not null && !settings.ReplaySafe;
        if (isAgain)
        {
            run.StageAgain(_blind!, _run!.Demanded);
        }

        _run = run;
        try
        {
            if (!isAgain)
            {
                await BodyAsync(run, cancellationToken).ConfigureAwait(false);
            }

            return await CommitAsync(run, transaction, exposure, guard, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await run.CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task BodyAsync(TransactionRun run, CancellationToken cancellationToken)
    {
        try
        {
            await body(run, cancellationToken).ConfigureAwait(false);
            run.End();
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            // The fault says more than what the body made of it.
            throw run.Fault ?? new StoreFaultException(StoreFaultKind.BodyFailed, WriteDisposition.NotApplied, "The body failed.", exception);
        }

        if (run.Fault is { } swallowed)
        {
            throw swallowed;
        }

        _blind = run.HasRead ? null : run.Staged;
    }

    private async Task<StoreWrite> CommitAsync(
        TransactionRun run, IStoreTransaction transaction, Exposure exposure, WriteGuard guard, CancellationToken cancellationToken)
    {
        if (!run.TryBeginCommit())
        {
            throw new StoreFaultException(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "The attempt was called off.");
        }

        if (!run.HasWritten && !run.HasRead)
        {
            return new StoreWrite(0, 0, guard.Durability);
        }

        var mark = exposure.Mark;
        var durability = AtLeast > guard.Durability ? AtLeast : guard.Durability;
        // Now, because the body may have read at replicas meanwhile.
        var follows = WritesFollowReads.Of(engine, session, engine.Topology, durability);
        var commit = await transaction.CommitAsync(run.Staged, durability, follows, run.HasWritten ? guard.Operation : null, cancellationToken).ConfigureAwait(false);
        if (run.HasRead)
        {
            var stamp = new ReadStamp(IsPrimary: true, guard.History, 0, commit.Shown, 0);
            session.SawRead(exposure.Shard, guard.History, stamp, exposure.Endpoint, engine.Runtime.Now);
            exposure.SettledUpTo(mark);
        }

        return commit.Write;
    }

    private int IndexOf(IStoreEndpoint endpoint) => Array.FindIndex(engine.Shard.Nodes, node => node.Store == endpoint);
}

/// <summary>Shows nothing, and lets the primary prove that it shows what the session has seen.</summary>
internal readonly struct ProofOperation : IReadOperation<bool>
{
    public string Name => "unit-of-work";

    public uint? KeyHash => null;

    public bool ShowsRows => false;

    public async Task<StoreRead<bool>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken) =>
        new(true, await endpoint.StampAsync(guard, cancellationToken).ConfigureAwait(false));
}
