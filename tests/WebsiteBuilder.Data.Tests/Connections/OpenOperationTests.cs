using System.Data.Common;
using WebsiteBuilder.Data.Connections;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Connections;

/// <summary>No connection is lost to its pool, however the engine decides.</summary>
public class OpenOperationTests
{
    private readonly OpenOperation _operation = new(new SqlScope(
        new ShardEngine(null!, null!, null!, null!, null!, new AttemptPolicy(TimeSpan.FromSeconds(3))),
        new SessionState(default),
        "users",
        new ReadIntent(ConsistencyLevel.Session, default, TimeSpan.FromSeconds(1), false, default),
        null));

    [Fact]
    public async Task What_was_not_chosen_is_closed_before_the_next_attempt_and_at_the_end()
    {
        var store = new Store();
        var behind = (Link)(await _operation.RunAsync(store, default, default)).Value;
        var chosen = (Link)(await _operation.RunAsync(store, default, default)).Value;
        Assert.True(behind.IsClosed);

        await _operation.EndAsync(chosen);

        Assert.False(chosen.IsClosed);
        Assert.Equal("users.sql-open", _operation.Name);
        Assert.False(_operation.ShowsRows);
        Assert.Equal(TimeSpan.FromMilliseconds(500), store.Asked.PlaceWait);
    }

    [Fact]
    public async Task A_connection_that_comes_after_the_end_is_closed()
    {
        var store = new Store();
        await _operation.EndAsync(null);

        await Assert.ThrowsAsync<StoreFaultException>(() => _operation.RunAsync(store, default, default));

        Assert.True(store.Last!.IsClosed);
    }

    [Fact]
    public async Task Whether_there_was_no_place_is_remembered_over_an_attempt_that_was_given_up()
    {
        var store = new Store { Fault = StoreFaultKind.Throttled };
        await Assert.ThrowsAsync<StoreFaultException>(() => _operation.RunAsync(store, default, default));
        store.Fault = StoreFaultKind.Cancelled;
        await Assert.ThrowsAsync<StoreFaultException>(() => _operation.RunAsync(store, default, default));
        Assert.True(_operation.WasThrottled);

        store.Fault = StoreFaultKind.Unreachable;
        await Assert.ThrowsAsync<StoreFaultException>(() => _operation.RunAsync(store, default, default));
        Assert.False(_operation.WasThrottled);
    }

    private sealed class Store : ISqlStore
    {
        public StoreFaultKind Fault { get; set; }

        public SqlGuard Asked { get; private set; }

        public Link? Last { get; private set; }

        public DbProviderFactory Provider => throw new NotSupportedException();

        public Task<StoreRead<ISqlLink>> ConnectAsync(SqlGuard guard, CancellationToken cancellationToken)
        {
            Asked = guard;
            return Fault == StoreFaultKind.Unknown
                ? Task.FromResult(new StoreRead<ISqlLink>(Last = new Link(), default))
                : Task.FromException<StoreRead<ISqlLink>>(new StoreFaultException(Fault, WriteDisposition.NotApplied, "No."));
        }

        public Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Link : ISqlLink
    {
        public bool IsClosed { get; private set; }

        public DbConnection Connection => throw new NotSupportedException();

        public ReadStamp Opened => default;

        public ValueTask<ReadStamp> StampAsync(bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask FollowAsync(Following follows, bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<TransactionCommit> CommitAsync(Following? follows, bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<TransactionCommit> PositionAsync(bool async, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void WhenClosed(DbDataReader reader, Action closed) => throw new NotSupportedException();

        public void Dispose() => IsClosed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
