using WebsiteBuilder.Data.Health;

namespace WebsiteBuilder.Data.Tests.Health;

public class SlowNodesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly HealthPolicy Policy = new(30 * Second, Second, 10 * Second, 3, 2, TimeSpan.FromMilliseconds(250));

    [Fact]
    public void Who_takes_many_times_longer_than_its_peers_is_set_aside()
    {
        Assert.Equal([false, false, true], Aside(10, 10, 41));
        Assert.Equal([false, false, false], Aside(10, 10, 39));
    }

    [Fact]
    public void Where_answers_take_no_time_small_differences_are_nobody_s_concern()
    {
        Assert.Equal([false, false, false], Aside(0.1, 0.1, 19));
        Assert.Equal([false, false, true], Aside(0.1, 0.1, 21));
    }

    [Theory]
    [InlineData(300, 300, 300)]
    [InlineData(1_000, 900, 2_000)]
    public void Where_all_are_slow_nobody_is_set_aside(double one, double two, double three)
    {
        Assert.Equal([false, false, false], Aside(one, two, three));
    }

    [Fact]
    public void Who_has_no_peers_that_are_known_is_not_set_aside()
    {
        Assert.Equal([false], Aside(1_000));
        var slow = new SlowNodes(2, Policy);
        Assert.False(slow.Look(1, [Pace(1, answers: SlowNodes.Enough - 1), Pace(1_000)], Second));
        Assert.False(slow.Look(1, [Pace(1) with { IsInRotation = false }, Pace(1_000)], Second));
    }

    [Fact]
    public void A_few_answers_don_t_set_a_node_aside()
    {
        Assert.False(new SlowNodes(2, Policy).Look(1, [Pace(1), Pace(1_000, answers: SlowNodes.Enough - 1)], Second));
    }

    [Fact]
    public void Whom_nobody_can_stand_in_for_is_not_set_aside_and_is_back_when_it_becomes_so()
    {
        var slow = new SlowNodes(2, Policy);
        NodePace[] paces = [Pace(1), Pace(1_000)];
        Assert.False(slow.Look(1, [paces[0], paces[1] with { MayBeSetAside = false }], Second));
        Assert.True(slow.Look(1, paces, Second));
        Assert.True(slow.Look(1, [paces[0], paces[1] with { MayBeSetAside = false }], Second));
        Assert.False(slow.IsSetAside(1));
    }

    [Fact]
    public void Each_time_it_is_set_aside_for_longer()
    {
        var slow = new SlowNodes(2, Policy);
        NodePace[] paces = [Pace(1), Pace(1_000)];
        var holds = new List<double>();
        var (now, since) = (TimeSpan.Zero, TimeSpan.Zero);
        while (holds.Count < 5)
        {
            now += Second;
            if (slow.Look(1, paces, now))
            {
                if (slow.IsSetAside(1))
                {
                    since = now;
                }
                else
                {
                    holds.Add((now - since).TotalSeconds);
                }
            }
        }

        Assert.Equal([10, 20, 40, 60, 60], holds);
    }

    [Fact]
    public void Somebody_is_always_left_whatever_comes()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var nodes = random.Next(1, 7);
            var slow = new SlowNodes(nodes, Policy);
            for (var i = 0; i < 300; i++)
            {
                NodePace[] paces = [.. Enumerable.Range(0, nodes).Select(_ => Pace(Math.Pow(10, random.NextDouble() * 4), random.Next(40)))];
                for (var node = 0; node < nodes; node++)
                {
                    slow.Look(node, paces, i * Second);
                }

                Assert.Contains(Enumerable.Range(0, nodes), node => !slow.IsSetAside(node));
            }
        }
    }

    [Theory]
    [InlineData(20)]
    [InlineData(300)]
    [InlineData(5_000)]
    public void Nodes_that_become_slow_together_and_share_the_reads_evenly_are_all_kept(double milliseconds)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var crowd = new Crowd(nodes: 2 + (seed % 5));
            for (var look = 0; look < 2_000; look++)
            {
                crowd.Look(static _ => 1, () => (look < 200 ? 2 : milliseconds) * (0.5 + random.NextDouble()));
                Assert.Equal(0, crowd.SetAside);
            }
        }
    }

    [Fact]
    public void Where_all_become_slow_and_some_are_asked_rarely_one_is_left_and_all_are_back_after_their_first_hold()
    {
        // Node 0 gets nearly all, so it is the first to look slow; what the others were like is known from earlier.
        var crowd = new Crowd(nodes: 4);
        var most = 0;
        for (var look = 0; look < 4_000; look++)
        {
            crowd.Look(node => node == 0 || look % 50 == 0 ? 1 : 0, () => look < 1_000 ? 2 : 300);
            most = Math.Max(most, crowd.SetAside);
            Assert.InRange(crowd.SetAside, 0, 3);
        }

        Assert.InRange(most, 1, 3);
        for (var look = 0; look < 2_000; look++)
        {
            crowd.Look(static _ => 1, static () => 300);
        }

        Assert.Equal(0, crowd.SetAside);
    }

    [Fact]
    public void The_pace_follows_the_usual_answer_and_not_the_rare_long_one()
    {
        var pace = default(AnswerPace);
        for (var i = 0; i < 400; i++)
        {
            pace.Took(TimeSpan.FromMilliseconds(i % 20 == 10 ? 500 : 2));
        }

        Assert.InRange(pace.Usual.TotalMilliseconds, 1.8, 4);
        for (var i = 0; i < 64; i++)
        {
            pace.Took(TimeSpan.FromMilliseconds(200));
        }

        Assert.InRange(pace.Usual.TotalMilliseconds, 150, 205);
        pace.Forget();
        Assert.Equal((0, TimeSpan.Zero), (pace.Answers, pace.Usual));
        pace.Took(TimeSpan.Zero);
        Assert.InRange(pace.Usual, TimeSpan.Zero, TimeSpan.FromTicks(1));
    }

    /// <summary>Nodes that answer, and are looked at as a client does: every 25 ms, all of them, with what their answers make of their pace.</summary>
    private sealed class Crowd(int nodes)
    {
        private readonly SlowNodes _slow = new(nodes, Policy);
        private readonly AnswerPace[] _paces = new AnswerPace[nodes];
        private TimeSpan _now;

        public int SetAside => Enumerable.Range(0, nodes).Count(_slow.IsSetAside);

        /// <param name="answers">How many answers a node has given since the last look, if it is asked.</param>
        /// <param name="milliseconds">What each of them took.</param>
        public void Look(Func<int, int> answers, Func<double> milliseconds)
        {
            _now += TimeSpan.FromMilliseconds(25);
            for (var node = 0; node < nodes; node++)
            {
                for (var left = _slow.IsSetAside(node) ? 0 : answers(node); left > 0; left--)
                {
                    _paces[node].Took(TimeSpan.FromMilliseconds(milliseconds()));
                }
            }

            NodePace[] paces = [.. _paces.Select(static pace => new NodePace(true, true, pace.Answers, pace.Usual))];
            for (var node = 0; node < nodes; node++)
            {
                if (_slow.Look(node, paces, _now))
                {
                    _paces[node].Forget();
                }
            }
        }
    }

    private static bool[] Aside(params double[] milliseconds)
    {
        var slow = new SlowNodes(milliseconds.Length, Policy);
        NodePace[] paces = [.. milliseconds.Select(static extra => Pace(extra))];
        for (var i = 0; i < milliseconds.Length; i++)
        {
            slow.Look(i, paces, Second);
        }

        return [.. milliseconds.Select((_, i) => slow.IsSetAside(i))];
    }

    private static NodePace Pace(double milliseconds, int answers = 100) => new(true, true, answers, TimeSpan.FromMilliseconds(milliseconds));
}
