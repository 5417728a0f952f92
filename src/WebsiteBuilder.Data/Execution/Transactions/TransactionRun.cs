using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>One run of a unit of work's body: its transaction, what it has staged, and what it has shown.</summary>
internal sealed class TransactionRun(
    ShardEngine engine, SessionState session, IStoreTransaction transaction, Exposure exposure, TimeSpan timeout, CancellationToken cancellationToken)
{
    private const int Open = 0;
    private const int Ended = 1;
    private const int Committing = 2;
    private const int CalledOff = 3;

    private List<StagedWrite> _staged = [];
    private int _phase;
    private int _reading;

    public bool HasRead { get; private set; }

    public bool HasWritten { get; private set; }

    /// <summary>What the policies of the written entities demand.</summary>
    public WriteDurability Demanded { get; private set; }

    /// <summary>What the transaction failed of.</summary>
    public StoreFaultException? Fault { get; private set; }

    /// <summary>The writes that weren't sent yet.</summary>
    public IReadOnlyList<StagedWrite> Staged => _staged;

    public void Stage(StagedWrite write, EntityPolicy policy)
    {
        RequireOpen();
        _staged.Add(write);
        HasWritten = true;
        Demanded = policy.Durability > Demanded ? policy.Durability.Value : Demanded;
    }

    public void StageAgain(IReadOnlyList<StagedWrite> writes, WriteDurability demanded)
    {
        _staged = [.. writes];
        HasWritten = writes.Count > 0;
        Demanded = demanded;
        End();
    }

    public async ValueTask<T> ReadAsync<TState, T>(
        TState state, Func<IStoreTransaction, TState, IReadOnlyList<StagedWrite>, CancellationToken, Task<T>> read, CancellationToken caller)
    {
        RequireOpen();
        if (Fault is not null)
        {
            throw Failed(Fault);
        }

        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("A read of the unit of work is on its way; await it first.");
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, caller);
        try
        {
            if (!HasRead)
            {
                await ProveAsync(both.Token).ConfigureAwait(false);
                HasRead = true;
            }

            var staged = _staged;
            _staged = [];
            return await read(transaction, state, staged, both.Token).ConfigureAwait(false);
        }
        catch (StoreFaultException fault)
        {
            Fault = fault;
            both.Token.ThrowIfCancellationRequested();
            throw Failed(fault);
        }
        finally
        {
            // A refusal shows something, too.
            session.Exposed(exposure);
            Volatile.Write(ref _reading, 0);
        }
    }

    /// <summary>The body is over.</summary>
    public void End()
    {
        if (Volatile.Read(ref _reading) != 0)
        {
            throw new InvalidOperationException("The body ended while one of its reads was on its way; await it.");
        }

        Interlocked.CompareExchange(ref _phase, Ended, Open);
    }

    /// <summary>False if the attempt was called off.</summary>
    public bool TryBeginCommit() => Interlocked.CompareExchange(ref _phase, Committing, Ended) == Ended;

    /// <summary>Makes sure that the commit is never sent; false if it may have been.</summary>
    public bool TryCallOff()
    {
        while (true)
        {
            var phase = Volatile.Read(ref _phase);
            if (phase is Committing or CalledOff || Interlocked.CompareExchange(ref _phase, CalledOff, phase) == phase)
            {
                return phase != Committing;
            }
        }
    }

    private static StoreFailureException Failed(StoreFaultException fault) =>
        new("The transaction of the unit of work has failed, and nothing of it will be applied. Let this exception pass: the unit then ends with the reason, or is run again.", fault.InnerException)
        {
            Code = fault.Code,
            Disposition = WriteDisposition.NotApplied,
            Operation = fault.Statement,
        };

    private void RequireOpen()
    {
        if (Volatile.Read(ref _phase) != Open)
        {
            throw new InvalidOperationException("The unit of work has ended.");
        }
    }

    /// <summary>What the session saw at replicas the primary may show a moment later.</summary>
    private async ValueTask ProveAsync(CancellationToken token)
    {
        if (engine.Topology.History is { } history && session.RequirementFor(engine.Shard.Definition.Id, history, null).Primary > 0)
        {
            var intent = new ReadIntent(ConsistencyLevel.Strong, default, timeout, ServeStale: false, Only: default);
            await new ReadExecution<ProofOperation, bool>(engine, default, session, intent, token).RunAsync().ConfigureAwait(false);
        }
    }
}
