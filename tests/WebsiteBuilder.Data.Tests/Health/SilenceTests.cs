using WebsiteBuilder.Data.Health;

namespace WebsiteBuilder.Data.Tests.Health;

public class SilenceTests
{
    private const int Waiting = 3;
    private Silence _silence;

    [Fact]
    public void A_node_that_says_nothing_is_pinged_and_then_gone()
    {
        var verdicts = Look(Silence.Looks + 1, Waiting, heard: 0);

        Assert.Equal(Silence.LooksBeforePing - 1, verdicts.IndexOf(SilenceVerdict.Ping));
        Assert.Equal(Silence.Looks - 1, verdicts.IndexOf(SilenceVerdict.Gone));
        Assert.Single(verdicts, SilenceVerdict.Ping);
    }

    [Fact]
    public void One_request_is_enough()
    {
        Assert.Contains(SilenceVerdict.Gone, Look(Silence.Looks, waiting: 1, heard: 0));
    }

    [Fact]
    public void Nobody_waits_so_nothing_is_known()
    {
        Assert.All(Look(100, waiting: 0, heard: 0), static verdict => Assert.Equal(SilenceVerdict.None, verdict));
    }

    [Fact]
    public void A_word_in_between_ends_the_silence()
    {
        for (var heard = 1; heard < 50; heard++)
        {
            Assert.DoesNotContain(SilenceVerdict.Gone, Look(Silence.Looks, Waiting, heard));
        }
    }

    [Fact]
    public void A_silence_without_anybody_who_waits_doesn_t_count()
    {
        Look(Silence.Looks - 1, Waiting, heard: 0);
        Look(1, waiting: 0, heard: 0);

        Assert.DoesNotContain(SilenceVerdict.Gone, Look(Silence.Looks - 1, Waiting, heard: 0));
    }

    [Fact]
    public void A_slow_query_doesn_t_condemn_a_node_that_answers_pings_and_isn_t_pinged_all_the_time()
    {
        var pings = 0;
        for (var i = 0; i < 1_000; i++)
        {
            var verdict = _silence.Look(1, heard: 7, scale: 1);
            Assert.NotEqual(SilenceVerdict.Gone, verdict);
            if (verdict == SilenceVerdict.Ping)
            {
                pings++;
                _silence.Pinged();
            }
        }

        Assert.InRange(pings, 1_000 / (Silence.LooksBeforePing * 4) - 1, (1_000 / (Silence.LooksBeforePing * 4)) + 3);
    }

    [Fact]
    public void A_node_that_goes_silent_during_a_slow_query_is_gone_soon()
    {
        for (var i = 0; i < 100; i++)
        {
            if (_silence.Look(1, heard: 0, scale: 1) == SilenceVerdict.Ping)
            {
                _silence.Pinged();
            }
        }

        Assert.Contains(SilenceVerdict.Gone, Look((4 * Silence.LooksBeforePing) + Silence.Looks, 1, heard: 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void A_far_node_may_be_silent_for_longer(int scale)
    {
        var verdicts = Enumerable.Range(0, Silence.Looks * scale).Select(_ => _silence.Look(Waiting, 0, scale)).ToList();

        Assert.Equal((Silence.LooksBeforePing * scale) - 1, verdicts.IndexOf(SilenceVerdict.Ping));
        Assert.Equal((Silence.Looks * scale) - 1, verdicts.IndexOf(SilenceVerdict.Gone));
    }

    [Fact]
    public void Nobody_is_gone_without_a_ping_that_had_its_time_whatever_comes()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var (silence, heard, waitedSince, pingedAt) = (default(Silence), 0L, -1, -1);
            for (var look = 0; look < 400; look++)
            {
                var spoke = random.Next(20) == 0;
                var waiting = random.Next(15) == 0 ? 0 : random.Next(1, 5);
                heard += spoke ? 1 : 0;
                (waitedSince, pingedAt) = spoke || waiting == 0 ? (look, -1) : (waitedSince, pingedAt);
                switch (silence.Look(waiting, heard, 1))
                {
                    case SilenceVerdict.Ping:
                        Assert.True(look - waitedSince >= Silence.LooksBeforePing);
                        pingedAt = look;
                        break;
                    case SilenceVerdict.Gone:
                        Assert.True(pingedAt >= 0 && look - pingedAt >= Silence.Looks - Silence.LooksBeforePing);
                        break;
                }

                if (pingedAt >= 0 && random.Next(6) == 0)
                {
                    silence.Pinged();
                    (waitedSince, pingedAt) = (look, -1);
                }
            }
        }
    }

    private List<SilenceVerdict> Look(int times, int waiting, long heard) =>
        [.. Enumerable.Range(0, times).Select(_ => _silence.Look(waiting, heard, scale: 1))];
}
