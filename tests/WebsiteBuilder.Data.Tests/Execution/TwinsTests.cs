using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>Two nodes are promoted by different people; later one of them yields.</summary>
public sealed class TwinsTests : IDisposable
{
    private readonly World _world = new(define: static shard => shard
        .AddNode("us", America).AddNode("eu", Europe).AddNode("ap", Asia).AddNode("us-2", America).Holds("emea"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Once_one_of_them_yields_all_clients_write_again(int apart)
    {
        var near = _world.Client(Europe);
        var far = _world.Client(America);
        _world.Us.Kill();
        _world.Shard.PromoteAlone("eu");
        _world.Time.Advance(TimeSpan.FromMilliseconds(250 * apart));
        _world.Shard.PromoteAlone("ap");
        _world.Time.Advance(2 * Second);

        _world.Shard.Rejoin("eu");
        _world.Shard.Rejoin("us");
        _world.Shard.Rejoin("us-2");
        _world.Time.Advance(10 * Second);

        Assert.All([near, far], client => Assert.Equal(ShardState.Writable, client.Topology.Shards[0].State));
        _world.Run(World.Users(near.OpenSession()).InsertAsync(_world.NewUser()));
        _world.Run(World.Users(far.OpenSession()).InsertAsync(_world.NewUser()));
    }

    public void Dispose() => _world.Dispose();
}
