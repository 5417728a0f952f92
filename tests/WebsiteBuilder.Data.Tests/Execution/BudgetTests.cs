using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>What trouble may cost: how often nodes are asked again, and how many callers wait.</summary>
public sealed class BudgetTests : IDisposable
{
    private readonly World _world = new();

    [Fact]
    public void Many_readers_of_dead_nodes_ask_them_no_more_often_than_the_budget_allows()
    {
        const int Readers = 200;
        var client = _world.Client(configure: static options => options.Routing.RetryShare = 0.1);
        _world.Us.Kill();
        _world.Eu.Kill();
        _world.Ap.Kill();
        var before = client.Asked;
        var reads = new List<Task>();
        _world.Do(() => reads.AddRange(Enumerable.Range(0, Readers).Select(i => Users(client.OpenSession()).FindManyAsync([Key(i)], new ReadOptions { Timeout = 5 * Second }).AsTask())));
        _world.Time.Advance(6 * Second);

        Assert.All(reads, static read => Assert.IsType<DeadlineExceededException>(read.Exception?.InnerException));

        // Reads of many keys don't share round trips, of which one that fails costs once. A hundred at rest from before, ten in each second, a tenth of what was asked.
        Assert.InRange(client.Asked - before - Readers, 100, 100 + (5 * 10) + (Readers / 5));
    }

    [Fact]
    public void The_loss_of_one_node_of_three_uses_no_more_than_the_budget_and_fails_no_read()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        _world.Run(users.InsertAsync(User(1)));
        for (var i = 0; i < 500; i++)
        {
            if (i == 100)
            {
                _world.Eu.Kill();
            }

            Assert.True(_world.Run(users.FindAsync(Key(1))).Found);
        }
    }

    [Fact]
    public void Writes_wait_for_a_primary_as_many_as_there_is_room_for_and_others_hear_so_at_once()
    {
        var client = _world.Client(configure: static options => options.Routing.MaxWaitingWrites = 2);
        _world.Us.Kill();
        _world.Until(() => client.Topology.Shards[0].Endpoints.Single(static endpoint => endpoint.Name == "us").Health == EndpointHealth.Unhealthy);
        var waiting = new List<Task<WriteResult>>();
        _world.Do(() => waiting.AddRange(Enumerable.Range(1, 2).Select(i => Users(client.OpenSession()).InsertAsync(User(i), new WriteOptions { Timeout = 20 * Second }))));
        _world.Time.Advance(Second);

        var (thrown, after) = _world.Throws<ThrottledException>(() => Users(client.OpenSession()).InsertAsync(User(3), new WriteOptions { Timeout = 20 * Second }));

        Assert.True(after < Second, $"after {after}");
        Assert.Equal((WriteDisposition.NotApplied, true), (thrown.Disposition, thrown.IsTransient));
        Assert.All(waiting, static write => Assert.False(write.IsCompleted));

        _world.Shard.Promote("eu");
        _world.Until(() => waiting.TrueForAll(static write => write.IsCompleted));
        Assert.All(waiting, static write => Assert.True(write.IsCompletedSuccessfully));
        Assert.Equal(1, _world.Run(Users(client.OpenSession()).InsertAsync(User(3))).Version);
    }

    public void Dispose() => _world.Dispose();
}
