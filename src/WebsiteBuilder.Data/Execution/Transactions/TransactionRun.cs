using System.Data;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>One run of a unit of work's body: its transaction, what it has staged, and what it has shown.</summary>
internal sealed class TransactionRun : IDisposable
{
    private const int Open = 0;
    private const int Ended = 1;
    private const int Committing = 2;
    private const int CalledOff = 3;

    private readonly ShardEngine _engine;
    private readonly SessionState _session;
    private readonly IStoreTransaction _transaction;
    private readonly Exposure _exposure;
    private readonly TransactionSettings _settings;
    private readonly CancellationTokenSource _reads;
    private readonly Lock _closing = new();
    private List<StagedWrite> _staged = [];
    private Task _current = Task.CompletedTask;
    private Task? _closed;
    private ulong _proven;
    private int _phase;
    private int _reading;

    public TransactionRun(
        ShardEngine engine, SessionState session, IStoreTransaction transaction, Exposure exposure, TransactionSettings settings, CancellationToken cancellationToken)
    {
        _engine = engine;
        _session = session;
        _transaction = transaction;
        _exposure = exposure;
        _settings = settings;
        _reads = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

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

        using var both = CancellationTokenSource.CreateLinkedTokenSource(_reads.Token, caller);
        var staged = _staged;
        var tookStaged = false;
        try
        {
            // Whoever calls the run off from now on waits for this read.
            RequireOpen();
            await ProveAsync(both.Token).ConfigureAwait(false);
            HasRead = true;
            _staged = [];
            tookStaged = staged.Count > 0;
            var sent = read(_transaction, state, staged, both.Token);
            _current = sent;
            var value = await sent.ConfigureAwait(false);
            _session.Exposed(_exposure);
            return value;
        }
        catch (StoreFaultException fault)
        {
            Fault = fault;
            if (fault.Code is not null)
            {
                // A refusal shows something, too. Without an answer nothing was shown.
                _session.Exposed(_exposure);
            }

            both.Token.ThrowIfCancellationRequested();
            throw Failed(fault);
        }
        catch (Exception exception) when (tookStaged)
        {
            // Whether the staged writes were sent isn't known, so they can't be sent again, nor left out.
            Fault = new StoreFaultException(StoreFaultKind.BodyFailed, WriteDisposition.NotApplied, "A read failed.", exception);
            throw;
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
            if (Volatile.Read(ref _phase) == CalledOff)
            {
                _ = CloseAsync();
            }
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

    /// <summary>
    /// Makes sure that the commit is never sent; false if it may have been. The transaction ends at once, or with the read that is on its way: the body may take its time, and others
    /// shouldn't wait for its locks.
    /// </summary>
    public bool TryCallOff()
    {
        while (true)
        {
            var phase = Volatile.Read(ref _phase);
            if (phase == Committing)
            {
                return false;
            }

            if (phase == CalledOff || Interlocked.CompareExchange(ref _phase, CalledOff, phase) == phase)
            {
                if (Interlocked.Exchange(ref _reading, 1) == 0)
                {
                    _ = _engine.Runtime.Start(CloseAsync);
                }

                return true;
            }
        }
    }

    /// <summary>Ends a read that the body has left behind, and then the transaction. Once, whoever asks.</summary>
    public Task CloseAsync()
    {
        lock (_closing)
        {
            return _closed ??= CloseOnceAsync();
        }
    }

    public void Dispose() => _reads.Dispose();

    private static StoreFailureException Failed(StoreFaultException fault) =>
        new("The transaction of the unit of work has failed, and nothing of it will be applied. Let this exception pass: the unit then ends with the reason, or is run again.", fault.InnerException)
        {
            Code = fault.Code,
            Disposition = WriteDisposition.NotApplied,
            Operation = fault.Statement,
        };

    private async Task CloseOnceAsync()
    {
        if (!_current.IsCompleted)
        {
            await _engine.Runtime.CancelAsync(_reads).ConfigureAwait(false);
            await _current.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _transaction.DisposeAsync().ConfigureAwait(false);
    }

    private void RequireOpen()
    {
        if (Volatile.Read(ref _phase) != Open)
        {
            throw new InvalidOperationException("The unit of work has ended.");
        }
    }

    /// <summary>
    /// What the session saw at replicas the primary may show a moment later. At read committed also what it saw since: each statement looks anew. A snapshot shows what it was
    /// taken of.
    /// </summary>
    private async ValueTask ProveAsync(CancellationToken token)
    {
        if ((HasRead && _settings.Isolation != IsolationLevel.ReadCommitted) || !NeedsProof(out var required))
        {
            return;
        }

        var intent = new ReadIntent(ConsistencyLevel.Strong, default, _settings.Timeout, ServeStale: false, Only: default);
        await new ReadExecution<ProofOperation, bool>(_engine, default, _session, intent, _engine.Runtime.Now, token).RunAsync().ConfigureAwait(false);
        _proven = required;
    }

    private bool NeedsProof(out ulong required)
    {
        required = _proven;
        var shard = _engine.Shard.Definition.Id;
        if (_session.Unsettled(shard).Any(exposure => exposure != _exposure))
        {
            return true;
        }

        try
        {
            if (_engine.Topology.History is { } history)
            {
                required = Math.Max(required, _session.RequirementFor(shard, history, null).Primary);
            }

            return required > _proven;
        }
        catch (UnknownHistoryException)
        {
            // The proof looks again, and says so if that doesn't help.
            return true;
        }
    }
}
