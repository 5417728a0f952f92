using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>Two replicas next to the client, and a primary far away.</summary>
public sealed class HedgingTests : IDisposable
{
    /// <summary>Not long enough to be taken for gone.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(120);

    private readonly World _world = new(define: static shard => shard.AddNode("us", America).AddNode("one", Europe).AddNode("two", Europe).Holds("emea"));
    private readonly DataClient _client;
    private readonly IRepository<User, UserKey> _users;

    public HedgingTests()
    {
        _client = _world.Client(configure: static options => options.Routing.LatencyWindow = TimeSpan.FromMilliseconds(5));
        _users = Users(_client.OpenSession());
        _world.Run(_users.InsertAsync(User(1)));
        _world.Time.Advance(Second);
        for (var i = 0; i < 200; i++)
        {
            _world.Run(_users.FindAsync(Key(1)));
        }
    }

    [Fact]
    public void A_read_that_takes_longer_than_usual_is_answered_by_another_node()
    {
        Slow(Stall, "one");
        var reads = Enumerable.Range(0, 20).Select(_ => _world.Timed(() => _users.FindAsync(Key(1)))).ToArray();

        Assert.All(reads, static read => Assert.InRange(read.After, TimeSpan.Zero, TimeSpan.FromMilliseconds(20)));
        Assert.All(reads, static read => Assert.Equal("two", read.Result.Endpoint));
        Assert.Contains(reads, static read => read.Result.Reason.HasFlag(RouteReason.Hedged));
        Assert.All(reads, static read => Assert.False(read.Result.Reason.HasFlag(RouteReason.OtherFailed)));
    }

    [Fact]
    public void Queries_and_reads_of_many_keys_ask_another_node_too()
    {
        Slow(Stall, "one");
        var hedged = 0;
        for (var i = 0; i < 8; i++)
        {
            var (many, manyTook) = _world.Timed(() => _users.FindManyAsync([Key(1), Key(2)]));
            var (page, pageTook) = _world.Timed(() => new ValueTask<ReadResult<Page<User>>>(_users.QueryPageAsync(Query.All<User>().In(Key(1).Territory))));
            Assert.InRange(manyTook, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
            Assert.InRange(pageTook, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
            hedged += (many.Reason.HasFlag(RouteReason.Hedged) ? 1 : 0) + (page.Reason.HasFlag(RouteReason.Hedged) ? 1 : 0);
        }

        Assert.InRange(hedged, 1, 16);
    }

    [Fact]
    public void It_can_be_switched_while_the_client_runs()
    {
        Assert.True(_client.HedgesReads);
        _client.HedgesReads = false;
        Slow(Stall, "one");
        Assert.Contains(Enumerable.Range(0, 20).Select(_ => _world.Timed(() => _users.FindAsync(Key(1))).After), static took => took >= Stall);

        _client.HedgesReads = true;
        Assert.All(Enumerable.Range(0, 20).Select(_ => _world.Timed(() => _users.FindAsync(Key(1))).After), static took => Assert.True(took < Stall));
    }

    [Fact]
    public void A_second_node_that_lacks_what_the_session_wrote_is_not_believed()
    {
        _world.Shard["two"].PauseReplay();
        _world.Run(_users.UpdateAsync(User(1, "new@example.org")));
        _world.Time.Advance(Second);
        Slow(Stall, "one");
        for (var i = 0; i < 20; i++)
        {
            var (read, _) = _world.Timed(() => _users.FindAsync(Key(1)));
            Assert.Equal("new@example.org", read.Value?.Email);
            Assert.NotEqual("two", read.Endpoint);
        }
    }

    [Fact]
    public void Strong_reads_have_one_node_to_ask()
    {
        _world.Us.Latency = Stall;
        var (read, took) = _world.Timed(() => _users.FindAsync(Key(1), new ReadOptions { Consistency = ConsistencyLevel.Strong }));

        Assert.Equal("us", read.Endpoint);
        Assert.Equal(Stall + RoundTrip, took);
    }

    [Fact]
    public void When_all_take_long_no_more_than_the_share_is_asked_in_addition()
    {
        var random = new Random(7);
        var before = _client.Asked;
        const int Reads = 4_000;
        for (var i = 0; i < Reads; i++)
        {
            // A fifth takes twenty times as long, at both.
            Slow(random.Next(5) == 0 ? TimeSpan.FromMilliseconds(20) : TimeSpan.Zero, "one", "two");
            _world.Run(_users.FindAsync(Key(1)));
        }

        var extra = _client.Asked - before - Reads;
        Assert.InRange(extra / (double)Reads, 0.005, 0.05 + (30.0 / Reads));
    }

    [Fact]
    public void A_caller_who_leaves_is_not_held_by_either_node()
    {
        Slow(Stall, "one", "two");
        using var leaves = new CancellationTokenSource();
        var read = Task.CompletedTask;
        _world.Do(() => read = _users.FindAsync(Key(1), cancellationToken: leaves.Token).AsTask());
        _world.Time.Advance(TimeSpan.FromMilliseconds(100));
        _world.Do(leaves.Cancel);
        _world.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(read.IsCanceled);
    }

    [Fact]
    public void A_primary_that_is_preferred_and_far_is_not_late_because_others_are_near()
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("us", _world.Run(_users.FindAsync(Key(1), new ReadOptions { Nodes = NodePreference.PrimaryFirst })).Endpoint);
        }
    }

    [Fact]
    public void When_both_fail_the_read_goes_on_elsewhere()
    {
        Slow(TimeSpan.FromMilliseconds(100), "one", "two");
        var read = Task.FromResult<ReadResult<User>>(default!);
        _world.Do(() => read = _users.FindAsync(Key(1)).AsTask()!);
        _world.Time.Advance(TimeSpan.FromMilliseconds(50));
        _world.Shard["one"].Kill();
        _world.Shard["two"].Kill();

        Assert.Equal("us", _world.Run(read).Endpoint);
    }

    public void Dispose() => _world.Dispose();

    private void Slow(TimeSpan latency, params string[] nodes)
    {
        foreach (var node in nodes)
        {
            _world.Shard[node].Latency = latency;
        }
    }
}
