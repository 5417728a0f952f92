using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Health;

public class FirstContactsTests
{
    private static readonly RegionId Here = RegionId.Parse("eu-west-1");
    private static readonly RegionId There = RegionId.Parse("us-east-1");
    private readonly FirstContacts _contacts = new(new EngineRuntime(TimeProvider.System, new Random(1)), Here);

    [Fact]
    public void Local_nodes_come_first_and_each_in_the_order_of_the_settings() => Assert.Equal(
        [2, 0, 3, 1],
        _contacts.RanksOf(new ShardDefinition(
            new ShardId(StoreKind.PostgreSql, 0),
            "emea",
            [],
            [Node(0, There), Node(1, Here), Node(2, There), Node(3, Here)])));

    [Fact]
    public async Task Those_who_stand_in_line_are_met_by_rank()
    {
        var turns = _contacts.LineUp([2, 0, 3, 1], CancellationToken.None);
        var met = 0;
        foreach (var next in (int[])[1, 3, 0, 2])
        {
            await turns[next];
            Assert.Equal(++met, turns.Count(static turn => turn.IsCompleted));
            _contacts.Leave(tookLong: false);
        }
    }

    [Fact]
    public async Task The_next_one_waits_for_its_turn()
    {
        await Enter(0);
        var next = Enter(1);
        Assert.False(next.IsCompleted);

        _contacts.Leave(tookLong: false);
        await next;
    }

    [Fact]
    public async Task Of_those_who_wait_the_lowest_rank_comes_first_and_of_equals_who_came_first()
    {
        await Enter(0);
        Task[] others = [Enter(5), Enter(1), Enter(5)];
        var done = 0;
        foreach (var next in (int[])[1, 0, 2])
        {
            _contacts.Leave(tookLong: false);
            await others[next];
            Assert.Equal(++done, others.Count(static other => other.IsCompleted));
        }
    }

    [Fact]
    public async Task Who_takes_long_makes_room_for_two_and_so_on()
    {
        await Enter(0);
        var others = Enumerable.Range(1, 6).Select(Enter).ToArray();

        _contacts.Leave(tookLong: true);
        await Task.WhenAll(others[..2]);
        Assert.DoesNotContain(others[2..], static other => other.IsCompleted);
        _contacts.Leave(tookLong: true);
        _contacts.Leave(tookLong: true);
        await Task.WhenAll(others);
    }

    [Fact]
    public async Task Who_gives_up_waiting_is_told_so()
    {
        await Enter(0);
        using var stop = new CancellationTokenSource();
        var waiting = _contacts.EnterAsync(1, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static EndpointDefinition Node(int index, RegionId region) => new(index, $"node-{index}", region);

    private Task Enter(int rank) => _contacts.EnterAsync(rank, CancellationToken.None);
}
