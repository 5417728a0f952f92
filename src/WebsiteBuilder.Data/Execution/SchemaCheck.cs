using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>How a check of a schema goes on. Immutable.</summary>
/// <param name="Refuses">Whether operations wait for it, and fail while there are findings.</param>
/// <param name="Again">Before it is made again, because it failed or refuses.</param>
/// <param name="Timeout">For reading the schema once.</param>
/// <param name="Rest">Before it is made for the first time: where nobody waits for it, a client's first operations go before.</param>
internal sealed record SchemaCheckPolicy(bool Refuses, TimeSpan Again, TimeSpan Timeout, TimeSpan Rest = default);

/// <summary>
/// Compares one shard's schema with what this client needs, in the background, as soon as its primary is known. Once it has passed, or has
/// warned, it is over: schemas drift between deployments, and replicas have their primary's.
/// </summary>
internal sealed class SchemaCheck(
    LiveShard shard, TopologyBoard board, EngineRuntime runtime, SchemaExpectations expected, SchemaCheckPolicy policy, ILogger logger) : IAsyncDisposable
{
    private const int MostLogged = 100;
    private const int MostThrown = 10;

    private readonly CancellationTokenSource _stop = new();
    private readonly Signal _answered = new(runtime);
    private Task _loop = Task.CompletedTask;
    private string? _logged;
    private string? _fault;
    private bool _toldUnknown;
    private volatile bool _isOpen = !policy.Refuses;
    private volatile IReadOnlyList<SchemaFinding>? _findings;

    /// <summary>Whether nothing stands in the way of operations: all that they ask while there is nothing to refuse.</summary>
    public bool IsOpen => _isOpen;

    public void Start() => _loop = runtime.Start(LoopAsync);

    /// <summary>Lets an operation wait for the first answer. Returns without one only if its time is up and no primary is known, which says more than this could.</summary>
    /// <exception cref="StoreFailureException">The schema differs.</exception>
    /// <exception cref="DeadlineExceededException">There is a primary, but its schema couldn't be read in time.</exception>
    public async ValueTask AdmitAsync(string operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = runtime.Now + timeout;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var answered = _answered.Next;
            if (_isOpen)
            {
                return;
            }

            if (_findings is { } findings)
            {
                throw Refused(findings, operation);
            }

            var remaining = deadline - runtime.Now;
            if (remaining > TimeSpan.Zero)
            {
                await runtime.PauseAsync(answered, remaining, cancellationToken).ConfigureAwait(false);
            }
            else if (board[shard.Index].IsWritable)
            {
                throw Unread(operation);
            }
            else
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await runtime.CancelAsync(_stop).ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        await runtime.Delay(policy.Rest, _stop.Token).ConfigureAwait(false);
        while (true)
        {
            var store = await PrimaryAsync().ConfigureAwait(false);
            try
            {
                var facts = await runtime.WithinAsync(
                    policy.Timeout, (store, expected.Tables), static (state, token) => state.store.ReadSchemaAsync(state.Tables, token), _stop.Token).ConfigureAwait(false);
                if (Judge(SchemaDrift.Find(facts, expected)))
                {
                    return;
                }
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                Failed((exception as StoreFaultException)?.Code ?? (exception as StoreFaultException)?.Kind.ToString() ?? exception.GetType().Name);
            }

            await runtime.Delay(runtime.Jitter(policy.Again), _stop.Token).ConfigureAwait(false);
        }
    }

    private async Task<ISchemaStore> PrimaryAsync()
    {
        while (true)
        {
            var replaced = board.ReplacedOf(shard.Index);
            var topology = board[shard.Index];
            if (topology.IsWritable)
            {
                return (ISchemaStore)shard.Nodes[topology.Primary].Store;
            }

            await EngineRuntime.WaitAsync(replaced, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the check is over.</summary>
    private bool Judge(SchemaComparison comparison)
    {
        if (comparison.Unknown.Count > 0 && !_toldUnknown)
        {
            _toldUnknown = true;
            Log.SchemaIsNewer(logger, shard.Definition.Name, string.Join(", ", comparison.Unknown));
        }

        if (comparison.Findings.Count == 0)
        {
            if (_logged is not null)
            {
                Log.SchemaFits(logger, shard.Definition.Name);
            }

            _isOpen = true;
            _answered.Pulse();
            return true;
        }

        var description = SchemaDrift.Describe(comparison.Findings, MostLogged);
        if (description != _logged)
        {
            _logged = description;
            Log.SchemaDiffers(logger, shard.Definition.Name, description, policy.Refuses ? "; operations fail until it fits" : "");
        }

        _findings = comparison.Findings;
        _answered.Pulse();
        return !policy.Refuses;
    }

    private void Failed(string reason)
    {
        if (reason != _fault)
        {
            _fault = reason;
            Log.SchemaUnreadable(logger, shard.Definition.Name, reason);
        }
    }

    private StoreFailureException Refused(IReadOnlyList<SchemaFinding> findings, string operation) =>
        new($"The shard's schema isn't what this client needs: {SchemaDrift.Describe(findings, MostThrown)}. Run DataClient.MigrateAsync and the application's own migrations, or correct the maps; this client looks again by itself.")
        {
            Disposition = WriteDisposition.NotApplied,
            Shard = shard.Definition.Id,
            Operation = operation,
        };

    private DeadlineExceededException Unread(string operation) =>
        new("The shard's schema couldn't be read in time, and DataOptions.SchemaDrift is Refuse. Log event 13 says why.")
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = shard.Definition.Id,
            Operation = operation,
        };
}
