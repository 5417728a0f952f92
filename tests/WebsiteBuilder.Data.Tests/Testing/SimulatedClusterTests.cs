using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Testing;

public class SimulatedClusterTests
{
    [Fact]
    public async Task Works_with_plain_awaits_on_a_real_clock_s_terms()
    {
        // A clock that nobody advances: with no distance and no delay nothing needs time to pass.
        var cluster = new SimulatedCluster(new ManualTimeProvider()).AddShard("one", static shard => shard
            .AddNode("a", "eu-west-1").AddNode("b", "us-east-1").Holds("emea"));
        await using var client = cluster.CreateClient(RegionId.Parse("us-east-1"), static entities => entities.Add(UserMap.Map, UserMap.Policy));
        await client.WaitUntilReadyAsync();
        var users = client.OpenSession().Repository<User, UserKey>();

        var written = await users.InsertAsync(World.User(1));
        var read = await users.FindAsync(World.Key(1));

        Assert.Equal(RegionId.Parse("eu-west-1"), written.Region);
        Assert.Equal(World.User(1) with { Version = 1 }, read.Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Equal_seeds_give_equal_runs(int seed) => Assert.Equal(Transcript(seed), Transcript(seed));

    [Fact]
    public void Other_seeds_give_other_runs() => Assert.NotEqual(Transcript(1), Transcript(2));

    [Fact]
    public void Positions_grow_in_steps_of_eight_and_histories_keep_what_they_share()
    {
        using var world = new World();
        var users = world.Users();
        world.Run(users.InsertAsync(world.NewUser()));
        var first = world.Us.Log;
        var shared = first.End;
        world.Eu.StopReceiving();
        world.Ap.StopReceiving();
        world.Run(users.InsertAsync(world.NewUser()));
        world.Us.Kill();
        world.Shard.Promote("eu");
        world.Until(() => world.Eu.Log.History is not null);

        Assert.Equal(0UL, first.End % 8);
        Assert.True(first.End > shared);
        var next = world.Eu.Log.History!;
        Assert.Equal(2U, next.Timeline);
        Assert.NotEqual(first.History!.Id, next.Id);
        Assert.Equal(shared, next.SharedWith(first.History.Id));
    }

    [Fact]
    public void Mistakes_in_a_definition_are_refused()
    {
        var cluster = new SimulatedCluster();
        Assert.Throws<ArgumentException>(() => cluster["none"]);
        Assert.Throws<FormatException>(() => cluster.AddShard("one", static shard => shard.AddNode("a", "no region")));
        cluster.AddShard("two", static shard => shard.AddNode("a", "eu-west-1").AddNode("b", "eu-west-1"));
        Assert.Throws<ArgumentException>(() => cluster["two"]["c"]);
        Assert.Throws<InvalidOperationException>(() => cluster["two"].Promote("a"));
        Assert.Throws<InvalidOperationException>(() => cluster["two"].Rejoin("a"));
        cluster["two"]["b"].Kill();
        Assert.Throws<InvalidOperationException>(() => cluster["two"].SwitchOver("b"));
        Assert.Throws<ArgumentOutOfRangeException>(() => cluster["two"]["a"].FailNext(SimulatedFault.Unknown, times: 0));
    }

    private static string Transcript(int seed)
    {
        using var world = new World(seed);
        var client = world.Client();
        var users = World.Users(client.OpenSession());
        var lines = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            switch (i)
            {
                case 10:
                    world.Eu.Kill();
                    break;
                case 20:
                    world.Us.Kill();
                    world.Shard.Promote("ap");
                    break;
                case 30:
                    world.Eu.Restart();
                    world.Eu.ReplicationDelay = TimeSpan.FromMilliseconds(70);
                    break;
            }

            var user = world.NewUser();
            var written = world.Run(users.InsertAsync(user));
            var read = world.Run(users.FindAsync(user.Key));
            lines.Add($"{world.Time.Elapsed} {written.Region} {read.Endpoint} {read.Age} {read.Reason} {client.Topology.Epoch}");
        }

        return string.Join('\n', lines);
    }
}
