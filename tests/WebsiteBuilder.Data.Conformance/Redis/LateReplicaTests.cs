using System.Globalization;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>A cluster whose node tells of a replica only after a while, as real ones do.</summary>
public sealed class LateReplicaTests
{
    private static readonly RedisCallOptions OfReplica = new(RedisTarget.Replica, TimeSpan.FromSeconds(10));
    private static readonly RedisCommand Read = RedisCommand.Read("GET", RedisArgument.Key("k"));
    private static readonly RedisCommand Write = RedisCommand.Write("SET", RedisArgument.Key("k"), "v");

    private static readonly TimeSpan Wanting = TimeSpan.FromSeconds(1);

    /// <summary>Less than until the map is looked at in any case.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(8);

    private int _asked;
    private volatile bool _known;

    [Fact]
    public async Task It_is_looked_for_when_somebody_wants_it_but_not_again_and_again()
    {
        await using ScriptedServer replica = new(static (_, command) => Answer(command, "$7\r\nreplica\r\n"));
        ScriptedServer? itself = null;
        await using ScriptedServer primary = new((_, command) => command == "CLUSTER" ? Slots(itself!, replica) : Answer(command, "$7\r\nprimary\r\n"));
        itself = primary;
        var options = primary.Options();
        options.Deployment = RedisDeployment.Cluster;
        options.Timeout = RedisTier.Patience;
        await using var channel = new RespChannel(options);
        await channel.ExecuteAsync(Write);
        var asked = Volatile.Read(ref _asked);
        var start = TimeProvider.System.GetTimestamp();

        var calls = 0;
        var took = TimeSpan.Zero;
        await Eventually.TrueAsync(
            async () =>
            {
                var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Read, OfReplica));
                Assert.Equal(RedisFaultKind.Unreachable, fault.Kind);
                calls++;
                took = TimeProvider.System.GetElapsedTime(start);
                return calls >= 20 && took >= Wanting * 1.5 && Volatile.Read(ref _asked) > asked;
            },
            Long);

        Assert.InRange(Volatile.Read(ref _asked) - asked, 1, 2 + (int)(took / Wanting));

        _known = true;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await channel.ExecuteAsync(Read, OfReplica)).AsString() == "replica";
                }
                catch (RedisFaultException fault) when (fault.IsTransient)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(5));
    }

    private static string Answer(string command, string read) => ScriptedServer.Greeting(command) ?? (command == "GET" ? read : "+OK\r\n");

    private string Slots(ScriptedServer primary, ScriptedServer replica)
    {
        Interlocked.Increment(ref _asked);
        ScriptedServer[] nodes = _known ? [primary, replica] : [primary];
        return string.Create(CultureInfo.InvariantCulture, $"*1\r\n*{2 + nodes.Length}\r\n:0\r\n:16383\r\n")
            + string.Concat(nodes.Select(static node => string.Create(CultureInfo.InvariantCulture, $"*2\r\n$9\r\n127.0.0.1\r\n:{node.Port}\r\n")));
    }
}
