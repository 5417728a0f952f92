using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Testing;

public sealed class QuorumTests : IDisposable
{
    private static readonly WriteOptions Patient = new() { Timeout = 60 * Second };
    private readonly World _world = new(define: static shard => shard
        .AddNode("us", America).AddNode("eu", Europe).AddNode("ap", Asia).AddNode("us2", America).Holds("emea").Synchronous(2, "eu", "ap", "us2"));

    [Fact]
    public void Any_so_many_standbys_are_enough()
    {
        var users = _world.Users(America);
        _world.Ap.Isolate();
        Assert.Equal(WriteDurability.RemoteFlush, _world.Run(users.InsertAsync(_world.NewUser())).Reached);

        _world.Eu.Isolate();
        var write = users.InsertAsync(_world.NewUser(), Patient);
        _world.Time.Advance(5 * Second);
        Assert.False(write.IsCompleted);

        _world.Ap.Reconnect();
        Assert.Equal(WriteDurability.RemoteFlush, _world.Run(write).Reached);
    }

    [Fact]
    public void A_safe_promotion_takes_the_standby_that_has_most_and_the_old_primary_acknowledges_nothing_more()
    {
        var users = _world.Users(America);
        _world.Shard["us2"].StopReceiving();
        _world.Run(users.InsertAsync(_world.NewUser()));
        _world.Ap.Isolate();
        _world.Shard["us2"].ResumeReceiving();
        var kept = _world.NewUser();
        _world.Run(users.InsertAsync(kept));
        _world.Us.Isolate();
        var old = _world.Us.Log;
        var acknowledged = old.End;

        var promoted = _world.Shard.PromoteSafely();

        Assert.NotEqual("ap", promoted.Name);
        Assert.Same(promoted, _world.Shard.Primary);
        Assert.Equal(acknowledged, promoted.Log.ForkedAt);
        Assert.Same(old, promoted.Log.Parent);
        Assert.Equal([0, 1], _world.Shard.Branches.Select(static branch => branch.Ordinal));
        Assert.True(_world.Us.IsPrimary);
        Assert.DoesNotContain(_world.Shard.Nodes, node => node.Source == _world.Us && node.Name != "ap");
    }

    [Fact]
    public void An_isolated_old_primary_serves_reads_and_takes_asynchronous_writes()
    {
        var inside = _world.Users(America);
        var outside = _world.Client();
        var user = _world.NewUser();
        _world.Run(inside.InsertAsync(user));
        _world.Shard["us2"].Kill();
        _world.Cluster.Network.Isolate(America);
        Assert.True(_world.Shard.TryPromoteSafely(out var promoted, out _));
        _world.Until(() => outside.Topology.Shards[0].WriteRegion == promoted.Region);

        Assert.True(_world.Run(inside.FindAsync(user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Found);
        var lost = _world.Run(inside.InsertAsync(_world.NewUser(), new WriteOptions { Durability = WriteDurability.Local }));
        Assert.Equal(RegionId.Parse(America), lost.Region);
        var quorum = inside.InsertAsync(_world.NewUser(), Patient);
        _world.Time.Advance(30 * Second);
        Assert.False(quorum.IsCompleted);

        var record = _world.Us.Log.Records[^1];
        Assert.True(_world.Us.Log.Holds(record));
        Assert.False(_world.Shard.Primary.Log.Holds(record));
        Assert.True(_world.Shard.Primary.Log.Holds(_world.Us.Log[0]));
        Assert.Throws<AmbiguousWriteException>(() => _world.Run(quorum));
    }

    [Fact]
    public void Without_enough_standbys_nothing_is_promoted_and_the_reason_is_told()
    {
        _world.Client();
        _world.Eu.Isolate();
        _world.Ap.Kill();

        Assert.False(_world.Shard.TryPromoteSafely(out var promoted, out var reason));

        Assert.Null(promoted);
        Assert.Contains("1 of the 3 synchronous standbys", reason, StringComparison.Ordinal);
        Assert.Contains("2 are needed", reason, StringComparison.Ordinal);
        Assert.Same(_world.Us, _world.Shard["us2"].Source);
        Assert.Throws<InvalidOperationException>(() => _world.Shard.PromoteSafely());
        _world.Shard.Synchronous();
        Assert.False(_world.Shard.TryPromoteSafely(out _, out reason));
        Assert.Contains("no synchronous standbys", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_wait_commits_without_being_replicated()
    {
        var users = _world.Users(America);
        _world.Eu.Isolate();
        _world.Ap.Isolate();
        var user = _world.NewUser();
        var write = users.InsertAsync(user, Patient);
        _world.Time.Advance(Second);
        Assert.False(write.IsCompleted);

        _world.Us.CancelWaits();

        Assert.Equal(WriteDurability.Local, _world.Run(write).Reached);
        Assert.True(_world.Run(users.FindAsync(user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Found);
    }

    [Fact]
    public void A_caller_who_gives_up_ends_the_wait_and_the_commit_shows_without_being_replicated()
    {
        var users = _world.Users(America);
        _world.Eu.Isolate();
        _world.Ap.Isolate();
        _world.Shard["us2"].Isolate();
        var user = _world.NewUser();
        _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user, new WriteOptions { Timeout = 2 * Second }));
        _world.Time.Advance(Second);

        Assert.True(_world.Run(users.FindAsync(user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Found);
        Assert.DoesNotContain(_world.Shard.Nodes, node => !node.IsPrimary && node.Replay.Received == _world.Us.Log.End);
    }

    [Fact]
    public void A_fresh_copy_answers_and_counts_only_when_it_is_complete()
    {
        _world.Run(_world.Users(America).InsertAsync(_world.NewUser()));
        _world.Shard.Rejoin("ap");
        Assert.False(_world.Ap.IsComplete);
        Assert.Throws<InvalidOperationException>(() => _world.Shard.Promote("ap"));
        _world.Time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(_world.Ap.IsComplete);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Safe_promotions_lose_nothing_that_a_quorum_acknowledged(int seed)
    {
        var random = new Random(seed);
        var client = _world.Client();
        var acknowledged = new List<UserKey>();
        var promotions = 0;
        for (var i = 0; i < 60; i++)
        {
            var node = _world.Shard.Nodes[random.Next(4)];
            switch (random.Next(5))
            {
                case 0: node.Isolate(); break;
                case 1: node.Restart(); break;
                case 2: _world.Cluster.Network.Isolate(America); break;
                case 3: _world.Cluster.Heal(); break;
                default: promotions += _world.Shard.TryPromoteSafely(out _, out _) ? 1 : 0; break;
            }

            var writes = Enumerable.Range(0, 5).Select(_ => WriteAsync(Users(client.OpenSession()), _world.NewUser())).ToArray();
            _world.Run(Task.WhenAll(writes));
            if (random.Next(3) == 0)
            {
                RejoinAll();
            }
        }

        RejoinAll();
        Assert.True(promotions > 0);
        Assert.True(acknowledged.Count > 20, $"{acknowledged.Count}");
        Assert.All(acknowledged, key => Assert.NotNull(
            _world.Shard.Primary.Rows.Find("users", WebsiteBuilder.Data.Testing.Simulated.WriteDecision.KeyOf(UserMap.Map, key))));

        void RejoinAll()
        {
            _world.Cluster.Heal();
            _world.Time.Advance(5 * Second);
            foreach (var node in _world.Shard.Nodes.Where(node => node != _world.Shard.Primary && node.Log != _world.Shard.Primary.Log))
            {
                _world.Shard.Rejoin(node.Name);
            }

            _world.Time.Advance(20 * Second);
        }

        async Task WriteAsync(IRepository<User, UserKey> users, User user)
        {
            try
            {
                if ((await users.InsertAsync(user, new WriteOptions { Timeout = 3 * Second })).Reached >= WriteDurability.RemoteFlush)
                {
                    acknowledged.Add(user.Key);
                }
            }
            catch (DataTierException)
            {
                // Not acknowledged.
            }
        }
    }

    [Fact]
    public void Impossible_numbers_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.Shard.Synchronous(0, "eu"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _world.Shard.Synchronous(2, "eu"));
        Assert.Throws<ArgumentException>(() => _world.Shard.Synchronous(1, "nobody"));
    }

    public void Dispose() => _world.Dispose();
}
