using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.RealTime;

/// <summary>When a row counts as brought.</summary>
public sealed class CartRowsTests
{
    private static readonly CartKey Key = new(Territory.Parse("emea"), Guid.NewGuid());

    private readonly Table _table = new();

    private CartContent Tea { get; } = CartContent.Empty.With("tea", 1, 1_764_000_000_000, RegionId.Parse("eu-west-1"));

    [Fact]
    public async Task A_row_that_was_written_as_durably_as_asked_for_is_brought()
    {
        Assert.True(await BringAsync(Tea));
        Assert.True(await BringAsync(Tea.With("cup", 1, 1_764_000_000_001, RegionId.Parse("eu-west-1"))));
        Assert.Equal(["insert", "update"], _table.Writes);
    }

    [Fact]
    public async Task A_row_that_reached_less_is_not_brought_until_it_was_written_again_and_reached_enough()
    {
        _table.Reaches = WriteDurability.Local;
        Assert.False(await BringAsync(Tea));
        Assert.False(await BringAsync(Tea));
        _table.Reaches = WriteDurability.RemoteFlush;
        Assert.True(await BringAsync(Tea));
        Assert.Equal(["insert", "update", "update"], _table.Writes);
    }

    [Fact]
    public async Task A_row_of_an_attempt_whose_outcome_is_not_known_is_not_taken_for_brought()
    {
        _table.LosesAnswers = true;
        await Assert.ThrowsAsync<AmbiguousWriteException>(() => BringAsync(Tea));
        Assert.Equal(1, _table.Row!.Version);
        _table.LosesAnswers = false;
        Assert.True(await BringAsync(Tea));
        Assert.Equal(2, _table.Row!.Version);
    }

    [Fact]
    public async Task Where_a_write_reached_too_little_rows_that_lack_nothing_else_are_not_written_again_in_the_same_round()
    {
        _table.Reaches = WriteDurability.Local;
        var round = Round();
        Assert.False((await round.MergeAsync(Key, Tea, default)).IsDurable);
        Assert.False((await round.MergeAsync(Key, Tea, default)).IsDurable);
        Assert.Equal(["insert"], _table.Writes);
    }

    [Fact]
    public async Task What_an_insert_was_changed_to_by_the_database_is_what_is_brought()
    {
        _table.Remembered = CartContent.Forever;
        var merged = await Round().MergeAsync(Key, Tea, default);
        Assert.True(merged is { IsDurable: true, Content.IsErasedForGood: true });
        Assert.Empty(merged.Content!.Lines);
    }

    [Fact]
    public void Faults_that_pass_are_told_from_those_that_dont()
    {
        Assert.True(CartRows.MayPass(new AmbiguousWriteException("")));
        Assert.True(CartRows.MayPass(new DeadlineExceededException("")));
        Assert.True(CartRows.MayPass(new RedisFaultException(RedisFaultKind.Timeout, WriteDisposition.NotApplied, "")));
        Assert.False(CartRows.MayPass(new StoreFailureException("")));
        Assert.False(CartRows.MayPass(new RedisFaultException(RedisFaultKind.Malformed, WriteDisposition.NotApplied, "")));
        Assert.False(CartRows.MayPass(new FormatException()));
    }

    [Fact]
    public void Of_conflicts_those_pass_that_somebody_elses_change_made()
    {
        ConflictKind[] pass = [.. Enum.GetValues<ConflictKind>().Where(static kind => CartRows.MayPass(new ConflictException("", kind)))];
        Assert.Equal([ConflictKind.Unspecified, ConflictKind.AlreadyExists, ConflictKind.NotFound, ConflictKind.VersionMismatch, ConflictKind.Serialization], pass);
    }

    [Fact]
    public async Task A_territory_that_one_read_or_three_writes_in_a_row_found_unanswered_is_left_for_the_rest_of_the_round()
    {
        _table.ReadFault = new NoEligibleRegionException("", new Dictionary<string, int>());
        var round = Round();
        Assert.False(round.IsAway(Key.Territory));
        await Assert.ThrowsAsync<NoEligibleRegionException>(() => round.MergeAsync(Key, Tea, default));
        Assert.True(round.IsAway(Key.Territory));
        Assert.False(round.IsAway(Territory.Parse("apac")));
        Assert.False(Round().IsAway(Key.Territory));

        // A row that somebody holds isn't a database that is away.
        _table.ReadFault = null;
        round = Round();
        for (var at = 0; at < 5; at++)
        {
            _table.LosesAnswers = at != 1;
            Assert.False(round.IsAway(Key.Territory));
            await Record.ExceptionAsync(() => round.MergeAsync(Key, Tea, default));
        }

        Assert.True(round.IsAway(Key.Territory));
    }

    private async Task<bool> BringAsync(CartContent content) => (await Round().MergeAsync(Key, content, default)).IsDurable;

    private CartRows Round() => new(_table, CartPolicy.Default, new ManualTimeProvider());

    private sealed class Table : IRepository<Cart, CartKey>
    {
        public Cart? Row { get; private set; }

        public List<string> Writes { get; } = [];

        public WriteDurability Reaches { get; set; } = WriteDurability.RemoteFlush;

        public bool LosesAnswers { get; set; }

        public Exception? ReadFault { get; set; }

        public string? Remembered { get; set; }

        public ValueTask<ReadResult<Cart?>> FindAsync(CartKey key, ReadOptions? options = null, CancellationToken cancellationToken = default)
        {
            Assert.Equal(ConsistencyLevel.Strong, options!.Consistency);
            Assert.InRange(options.Timeout!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
            return ReadFault is { } fault ? ValueTask.FromException<ReadResult<Cart?>>(fault) : new(new ReadResult<Cart?>(Row, default, AnswerSource.Primary, null, RouteReason.None));
        }

        public Task<WriteResult> InsertAsync(Cart entity, WriteOptions? options = null, CancellationToken cancellationToken = default)
        {
            Assert.Null(Row);
            return WriteAsync("insert", Remembered is null ? entity with { Version = 1 } : entity with { Version = 1, History = [], Erased = Remembered }, options);
        }

        public Task<WriteResult> UpdateAsync(Cart entity, long? expectedVersion = null, WriteOptions? options = null, CancellationToken cancellationToken = default)
        {
            Assert.Equal(Row!.Version, expectedVersion);
            return WriteAsync("update", entity with { Version = Row.Version + 1 }, options);
        }

        private Task<WriteResult> WriteAsync(string kind, Cart row, WriteOptions? options)
        {
            Assert.Equal(WriteDurability.RemoteFlush, options!.Durability);
            Row = row;
            Writes.Add(kind);
            return LosesAnswers ? Task.FromException<WriteResult>(new AmbiguousWriteException("")) : Task.FromResult(new WriteResult(default, row.Version, Reaches));
        }

        public ValueTask<ReadResult<IReadOnlyList<Cart>>> FindManyAsync(IReadOnlyCollection<CartKey> keys, ReadOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public IAsyncEnumerable<Cart> QueryAsync(Query<Cart> query, ReadOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ReadResult<Page<Cart>>> QueryPageAsync(Query<Cart> query, ReadOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<BulkResult> InsertManyAsync(IAsyncEnumerable<Cart> entities, BulkOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<BulkResult> InsertManyAsync(IEnumerable<Cart> entities, BulkOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<WriteResult> UpsertAsync(Cart entity, WriteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<WriteResult> DeleteAsync(CartKey key, long? expectedVersion = null, WriteOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
