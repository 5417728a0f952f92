using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Health;

public sealed class EngineWatchTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly EngineView Usual = new("a", null, 3, IsPaused: false, Switchover: null);
    private static readonly RegionId Here = RegionId.Parse("eu-west-1");

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Member[] _members = [.. Enumerable.Range(0, 5).Select(static i => new Member(i))];
    private readonly LevelLogger _logger = new();
    private int _primary;
    private int _probes;
    private Task _running = Task.CompletedTask;

    [Fact]
    public void Of_the_members_one_is_asked_at_the_interval_and_nothing_follows_while_nothing_is_new()
    {
        Start(members: 3);
        _time.Advance(500 * Second);

        Assert.InRange(_members.Sum(static member => member.Asked), 80, 125);
        Assert.Single(_members, static member => member.Asked > 0);
        Assert.Equal(0, _probes);
        Assert.Equal([LogLevel.Information], _logger.Levels);
    }

    [Fact]
    public void Clients_begin_with_different_members()
    {
        var first = new HashSet<int>();
        for (var seed = 0; seed < 20; seed++)
        {
            using var world = new EngineWatchTests();
            world.Start(members: 3, seed);
            world._time.Advance(Second);
            first.Add(Array.FindIndex(world._members, static member => member.Asked > 0));
        }

        Assert.Equal(3, first.Count);
    }

    [Fact]
    public void News_has_all_nodes_probed_at_once()
    {
        Start(members: 1);
        _time.Advance(20 * Second);
        _members[0].Answer = static () => Usual with { Timeline = 4 };
        _time.Advance(8 * Second);

        Assert.Equal(1, _probes);
        _time.Advance(60 * Second);
        Assert.Equal(1, _probes);
    }

    [Theory]
    [InlineData("no answer")]
    [InlineData("silence")]
    public void A_member_that_doesn_t_answer_is_left_for_the_next_one_in_bounded_time(string how)
    {
        Start(members: 3);
        _time.Advance(Second);
        var at = Array.FindIndex(_members, static member => member.Asked > 0);
        _members[at].Answer = static () => null;
        _members[at].IsSilent = how == "silence";
        Others(at, Usual with { Timeline = 4 });

        _time.Advance(11 * Second);

        Assert.Equal(1, _probes);
        var asked = _members[at].Asked;
        _time.Advance(60 * Second);
        Assert.Equal(asked, _members[at].Asked);
        Assert.DoesNotContain(LogLevel.Warning, _logger.Levels);
        Assert.Equal(0, _members[at].Left);
    }

    [Fact]
    public void A_member_that_knows_of_no_leader_is_left_for_one_that_does_in_the_same_look()
    {
        Start(members: 3);
        _time.Advance(Second);
        var at = Array.FindIndex(_members, static member => member.Asked > 0);
        _members[at].Answer = static () => new EngineView(null, null, 0, IsPaused: false, null);
        _time.Advance(60 * Second);

        Assert.Equal(0, _probes);
        Assert.InRange(_members[at].Asked, 1, 2);
    }

    [Fact]
    public void When_none_answers_it_is_said_once_few_are_asked_and_everything_goes_on()
    {
        foreach (var member in _members)
        {
            member.IsSilent = true;
        }

        Start(members: 5);
        _time.Advance(300 * Second);

        Assert.Equal([LogLevel.Warning], _logger.Levels);
        Assert.Equal(0, _probes);

        // Three at a time take six seconds and the pause.
        Assert.InRange(_members.Sum(static member => member.Asked), 60, 110);
        Assert.InRange(_members.Sum(static member => member.Left), 0, 1);

        Array.ForEach(_members, static member => member.IsSilent = false);
        _time.Advance(20 * Second);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], _logger.Levels);
    }

    [Fact]
    public void One_look_in_vain_isn_t_worth_a_warning()
    {
        Start(members: 1);
        for (var i = 0; i < 50; i++)
        {
            var asked = _members[0].Asked;
            _members[0].Answer = i % 2 == 0 ? static () => null : static () => Usual;
            while (_members[0].Asked == asked)
            {
                _time.Advance(Second);
            }
        }

        Assert.DoesNotContain(LogLevel.Warning, _logger.Levels);
    }

    [Fact]
    public void While_it_names_another_leader_it_is_asked_more_often_and_nodes_are_probed_each_time_and_it_is_said_once()
    {
        Start(members: 1);
        _time.Advance(20 * Second);
        Others(-1, Usual with { Leader = "B" });
        _time.Advance(8 * Second);
        var asked = _members[0].Asked;
        var probes = _probes;
        Assert.InRange(probes, 1, 100);

        _time.Advance(60 * Second);

        Assert.InRange(_members[0].Asked - asked, 45, 80);
        Assert.Equal(_members[0].Asked - asked, _probes - probes);
        Assert.Equal(1, _logger.Levels.Count(static level => level == LogLevel.Warning));

        _primary = 1;
        _time.Advance(10 * Second);
        probes = _probes;
        _time.Advance(60 * Second);
        Assert.Equal(probes, _probes);
    }

    [Theory]
    [InlineData("c", "10.0.0.9:8008", 2)]
    [InlineData("pg-7", "member-1:8008", 1)]
    [InlineData("pg-7", "10.0.0.9:8008", -1)]
    public void A_leader_is_known_by_its_name_or_its_address(string name, string address, int endpoint)
    {
        _primary = endpoint;
        Others(-1, Usual with { Leader = name, LeaderAddress = address });
        Start(members: 3);
        _time.Advance(60 * Second);

        Assert.Equal(0, _probes);
        if (endpoint < 0)
        {
            _primary = 0;
            _time.Advance(60 * Second);
            Assert.NotEqual(0, _probes);
        }
    }

    public void Dispose()
    {
        _time.CreateTimer(_ => _stop.Cancel(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.Zero);
        Assert.True(_running.IsCompleted);
        _stop.Dispose();
    }

    private void Start(int members, int seed = 1)
    {
        var definition = new ShardDefinition(
            new ShardId(StoreKind.PostgreSql, 0), "emea", [], [.. Enumerable.Range(0, 5).Select(static i => new EndpointDefinition(i, ((char)('a' + i)).ToString(), Here))]);
        var watch = new EngineWatch(
            [.. _members.Take(members).Select(static (member, i) => (i, (IEngineMember)member))],
            definition,
            () => _primary,
            new OneThreadRuntime(_time, new Random(seed)),
            new EngineWatchPolicy(5 * Second, Second, 2 * Second),
            _logger);
        _time.CreateTimer(_ => _running = watch.RunAsync(() => _probes++, _stop.Token), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Others(int than, EngineView answer)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            _members[i].Answer = i == than ? _members[i].Answer : () => answer;
        }
    }

    private sealed class Member(int number) : IEngineMember
    {
        public Func<EngineView?> Answer { get; set; } = static () => Usual;

        public bool IsSilent { get; set; }

        public int Asked { get; private set; }

        /// <summary>How many questions were neither answered nor cancelled.</summary>
        public int Left { get; private set; }

        public string Address => $"member-{number}:8008";

        public async Task<EngineView?> AskAsync(CancellationToken cancellationToken)
        {
            Asked++;
            if (IsSilent)
            {
                Left++;
                try
                {
                    await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
                }
                finally
                {
                    Left--;
                }
            }

            return Answer();
        }

        public void Dispose()
        {
        }
    }

    private sealed class LevelLogger : ILogger
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Levels.Add(logLevel);
    }
}
