using Microsoft.Extensions.Logging.Abstractions;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>Operations that wait for a look at the schema, on virtual time.</summary>
public sealed class SchemaCheckTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly ShardDefinition Definition = new(
        new ShardId(StoreKind.PostgreSql, 0), "emea", [], [new EndpointDefinition(0, "a", RegionId.Parse("eu-west-1"))]);

    private readonly ManualTimeProvider _time = new();
    private readonly SchemaStore _store = new();
    private readonly TopologyBoard _board;
    private readonly SchemaCheck _check;

    public SchemaCheckTests()
    {
        var runtime = new OneThreadRuntime(_time, new Random(1));
        var vitals = new EndpointVitals(new HealthPolicy(Second, Second, Second, 3, 2, Second));
        _board = new TopologyBoard(runtime, [Definition]);
        _check = new SchemaCheck(
            new LiveShard(0, Definition, [new ShardNode(Definition.Endpoints[0], _store, vitals)]),
            _board,
            runtime,
            new SchemaExpectations("emea", [new(1, "0001_one", "a")], []),
            new SchemaCheckPolicy(Refuses: true, Again: Second, Timeout: Second),
            NullLogger.Instance);
        _check.Start();
        _time.Advance(TimeSpan.Zero);
    }

    public async ValueTask DisposeAsync()
    {
        _time.Run(_check.DisposeAsync().AsTask());
        await _store.DisposeAsync();
    }

    [Fact]
    public void Operations_wait_for_the_primary_and_go_on_once_its_schema_fits()
    {
        _store.Applied = new Dictionary<int, string> { [1] = "a" };
        var waiting = Admit(60 * Second);
        _time.Advance(5 * Second);
        Assert.False(waiting.IsCompleted || _check.IsOpen);

        MeetPrimary();
        _time.Run(waiting);

        Assert.True(_check.IsOpen);
        _time.Advance(60 * Second);
        Assert.Equal(1, _store.Looks);
    }

    [Fact]
    public void Without_a_primary_the_wait_ends_with_the_operation_s_time_and_leaves_the_reason_to_it()
    {
        _time.Run(Admit(3 * Second));

        Assert.Equal(3 * Second, _time.Elapsed);
        Assert.False(_check.IsOpen);
    }

    [Fact]
    public void A_schema_that_can_not_be_read_in_time_is_said_to_be_so()
    {
        MeetPrimary();

        var late = Assert.Throws<DeadlineExceededException>(() => _time.Run(Admit(3 * Second)));

        Assert.Equal((true, WriteDisposition.NotApplied), (late.IsTransient, late.Disposition));
        Assert.InRange(_store.Looks, 2, 7);
    }

    [Fact]
    public void Findings_end_the_wait_and_are_looked_at_again_until_they_are_gone()
    {
        var applied = new Dictionary<int, string>();
        _store.Applied = applied;
        var waiting = Admit(60 * Second);
        MeetPrimary();
        var refused = Assert.Throws<StoreFailureException>(() => _time.Run(waiting));
        Assert.Contains("0001_one is missing", refused.Message, StringComparison.Ordinal);
        Assert.Throws<StoreFailureException>(() => _time.Run(Admit(60 * Second)));

        applied[1] = "a";
        _time.Advance(2 * Second);

        Assert.True(_check.IsOpen);
        _time.Run(Admit(Second));
    }

    [Fact]
    public void Who_gives_up_does_not_wait()
    {
        var given = _check.AdmitAsync("users.find", 60 * Second, new CancellationToken(canceled: true)).AsTask();

        Assert.ThrowsAny<OperationCanceledException>(() => _time.Run(given));
        Assert.Equal(TimeSpan.Zero, _time.Elapsed);
    }

    private Task Admit(TimeSpan timeout) => _check.AdmitAsync("users.find", timeout, default).AsTask();

    private void MeetPrimary() => _board.Change(0, static known => new ShardTopology(
        known.Definition, ShardState.Writable, new LogHistory(new HistoryId(1), 1, []), 0, [EndpointRole.Primary], [EndpointHealth.Healthy]));

    /// <summary>Tells what the test says, and fails while it says nothing.</summary>
    private sealed class SchemaStore : ISchemaStore
    {
        public IReadOnlyDictionary<int, string>? Applied { get; set; }

        public int Looks { get; private set; }

        public Task<SchemaFacts> ReadSchemaAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken)
        {
            Looks++;
            return Applied is null
                ? Task.FromException<SchemaFacts>(new StoreFaultException(StoreFaultKind.Rejected, WriteDisposition.NotApplied, "Refused."))
                : Task.FromResult(new SchemaFacts(Applied, []));
        }

        public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
