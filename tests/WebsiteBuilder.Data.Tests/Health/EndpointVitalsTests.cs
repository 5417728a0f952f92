using WebsiteBuilder.Data.Health;

namespace WebsiteBuilder.Data.Tests.Health;

public class EndpointVitalsTests
{
    private static readonly HealthPolicy Policy = new(
        TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), FailuresToLeave: 3, SuccessesToReturn: 2, TimeSpan.FromMilliseconds(250));

    private readonly EndpointVitals _vitals = new(Policy);

    [Fact]
    public void Nothing_is_known_at_first()
    {
        Assert.Equal(EndpointHealth.Unknown, _vitals.Health);
        Assert.True(_vitals.NeedsEvidence);
        Assert.Null(_vitals.RoundTrip);
        Assert.Null(_vitals.Lag);
        Assert.Null(_vitals.ObservedAt);
        Assert.Equal(0UL, _vitals.Position);
        Assert.Equal(TimeSpan.Zero, _vitals.CatchUp);
    }

    [Fact]
    public void The_first_success_is_enough_for_a_newcomer()
    {
        Assert.Equal(EndpointHealth.Healthy, _vitals.Succeeded(TimeSpan.Zero));
        Assert.False(_vitals.NeedsEvidence);
    }

    [Fact]
    public void Three_failures_in_a_row_take_it_out_and_two_successes_bring_it_back()
    {
        _vitals.Succeeded(TimeSpan.Zero);
        Assert.Equal(EndpointHealth.Healthy, _vitals.Failed(TimeSpan.Zero));
        Assert.Equal(EndpointHealth.Healthy, _vitals.Failed(TimeSpan.Zero));
        Assert.Equal(EndpointHealth.Unhealthy, _vitals.Failed(TimeSpan.Zero));
        Assert.Equal(EndpointHealth.Unhealthy, _vitals.Succeeded(TimeSpan.Zero));
        Assert.True(_vitals.NeedsEvidence);
        Assert.Equal(EndpointHealth.Healthy, _vitals.Succeeded(TimeSpan.Zero));
        Assert.False(_vitals.NeedsEvidence);
    }

    [Fact]
    public void A_success_between_failures_starts_the_count_anew()
    {
        _vitals.Succeeded(TimeSpan.Zero);
        for (var i = 0; i < 10; i++)
        {
            _vitals.Failed(TimeSpan.Zero);
            _vitals.Failed(TimeSpan.Zero);
            Assert.True(_vitals.NeedsEvidence);
            Assert.Equal(EndpointHealth.Healthy, _vitals.Succeeded(TimeSpan.Zero));
        }
    }

    [Fact]
    public void A_failure_between_successes_starts_the_count_anew()
    {
        Fail(3);
        for (var i = 0; i < 10; i++)
        {
            _vitals.Succeeded(TimeSpan.Zero);
            Assert.Equal(EndpointHealth.Unhealthy, _vitals.Failed(TimeSpan.Zero));
        }
    }

    [Fact]
    public void A_newcomer_that_fails_is_unknown_until_it_is_unhealthy()
    {
        Fail(2);
        Assert.Equal(EndpointHealth.Unknown, _vitals.Health);
        Fail(1);
        Assert.Equal(EndpointHealth.Unhealthy, _vitals.Health);
        Assert.Equal(EndpointHealth.Unhealthy, _vitals.Succeeded(TimeSpan.Zero));
    }

    [Fact]
    public void Old_successes_don_t_bring_a_failed_node_back_sooner()
    {
        for (var i = 0; i < 100; i++)
        {
            _vitals.Succeeded(TimeSpan.Zero);
        }

        Fail(3);
        Assert.Equal(EndpointHealth.Unhealthy, _vitals.Succeeded(TimeSpan.Zero));
    }

    [Fact]
    public void The_round_trip_is_smoothed_from_its_first_sample()
    {
        _vitals.Measured(TimeSpan.FromMilliseconds(10));
        Assert.Equal(10, _vitals.RoundTrip!.Value.TotalMilliseconds, 0.001);
        _vitals.Measured(TimeSpan.FromMilliseconds(20));
        Assert.Equal(12, _vitals.RoundTrip!.Value.TotalMilliseconds, 0.001);
    }

    [Fact]
    public void A_position_only_grows_until_a_promotion_clips_it()
    {
        _vitals.AtPosition(100, TimeSpan.FromSeconds(1), null);
        _vitals.AtPosition(90, TimeSpan.FromSeconds(2), null);
        Assert.Equal(100UL, _vitals.Position);
        _vitals.ClipPosition(95);
        Assert.Equal(95UL, _vitals.Position);
        _vitals.ClipPosition(200);
        Assert.Equal(95UL, _vitals.Position);
    }

    [Fact]
    public void A_lag_that_is_unknown_again_is_unknown()
    {
        _vitals.AtPosition(100, TimeSpan.FromSeconds(1), TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, _vitals.Lag);
        _vitals.AtPosition(100, TimeSpan.FromSeconds(2), null);
        Assert.Null(_vitals.Lag);
        Assert.Equal(TimeSpan.FromSeconds(2), _vitals.ObservedAt);
    }

    [Fact]
    public void The_catch_up_estimate_reaches_any_delay_in_a_few_steps()
    {
        var steps = 0;
        for (; _vitals.CatchUp < TimeSpan.FromMinutes(1); steps++)
        {
            _vitals.WasBehind(_vitals.CatchUp);
        }

        Assert.InRange(steps, 1, 30);
    }

    [Fact]
    public void The_catch_up_estimate_never_shrinks_because_of_a_node_that_was_behind()
    {
        _vitals.WasBehind(TimeSpan.FromMilliseconds(100));
        var before = _vitals.CatchUp;
        _vitals.WasBehind(TimeSpan.FromMilliseconds(1));

        Assert.Equal(before, _vitals.CatchUp);
    }

    [Fact]
    public void The_catch_up_estimate_decays_with_successes_and_never_grows_by_them()
    {
        _vitals.WasBehind(TimeSpan.FromMilliseconds(100));
        _vitals.HadCaughtUp(TimeSpan.FromSeconds(100));
        Assert.Equal(200.5, _vitals.CatchUp.TotalMilliseconds, 0.001);
        for (var i = 0; i < 40; i++)
        {
            _vitals.HadCaughtUp(TimeSpan.FromMilliseconds(5));
        }

        Assert.Equal(5, _vitals.CatchUp.TotalMilliseconds, 0.1);
    }

    [Fact]
    public void A_node_that_is_seen_to_be_fresh_has_caught_up()
    {
        _vitals.WasBehind(TimeSpan.FromMinutes(5));
        _vitals.AtPosition(100, TimeSpan.FromSeconds(1), null);
        Assert.True(_vitals.CatchUp > TimeSpan.FromMinutes(5));
        _vitals.AtPosition(100, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(20));
        Assert.Equal(20, _vitals.CatchUp.TotalMilliseconds, 0.001);
    }

    [Fact]
    public void What_is_in_flight_is_counted()
    {
        _vitals.Began();
        _vitals.Began();
        _vitals.Ended();

        Assert.Equal(1, _vitals.InFlight);
    }

    private void Fail(int times)
    {
        for (; times > 0; times--)
        {
            _vitals.Failed(TimeSpan.Zero);
        }
    }
}
