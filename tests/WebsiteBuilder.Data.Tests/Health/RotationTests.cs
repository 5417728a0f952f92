using WebsiteBuilder.Data.Health;

namespace WebsiteBuilder.Data.Tests.Health;

public class RotationTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly HealthPolicy Policy = new(30 * Second, Second, 10 * Second, FailuresToLeave: 3, SuccessesToReturn: 2, TimeSpan.FromMilliseconds(250));

    private Rotation _rotation = new(Policy);
    private TimeSpan _now;

    [Fact]
    public void The_first_time_a_node_is_back_as_soon_as_it_succeeds_often_enough()
    {
        Enter();
        _rotation.Leave(_now);

        Assert.Equal(2, SuccessesUntilBack(Second / 10, isNeeded: false));
    }

    [Fact]
    public void A_node_that_flaps_is_held_back_twice_as_long_each_time_up_to_the_longest_hold()
    {
        Enter();
        var holds = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            _rotation.Leave(_now);
            holds.Add(Math.Round(SuccessesUntilBack(Second / 10, isNeeded: false) / 10.0));
            _now += 5 * Second;
        }

        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 60, 60, 60], holds);
    }

    [Fact]
    public void Who_has_stayed_well_for_long_is_met_as_if_for_the_first_time()
    {
        Enter();
        for (var i = 0; i < 5; i++)
        {
            _rotation.Leave(_now);
            SuccessesUntilBack(Second / 10, isNeeded: false);
        }

        _now += Policy.LongestHold;
        _rotation.Leave(_now);

        Assert.Equal(2, SuccessesUntilBack(Second / 10, isNeeded: false));
    }

    [Fact]
    public void Who_has_stayed_well_for_a_shorter_time_is_not()
    {
        Enter();
        for (var i = 0; i < 5; i++)
        {
            _rotation.Leave(_now);
            SuccessesUntilBack(Second / 10, isNeeded: false);
        }

        _now += Policy.LongestHold - Second;
        _rotation.Leave(_now);

        Assert.True(SuccessesUntilBack(Second / 10, isNeeded: false) > 100);
    }

    [Fact]
    public void A_failure_during_the_hold_begins_it_anew()
    {
        Enter();
        _rotation.Leave(_now);
        SuccessesUntilBack(Second / 10, isNeeded: false);
        _rotation.Leave(_now);
        for (var i = 0; i < 100; i++)
        {
            _now += Second / 2;
            _rotation.Succeeded(_now, isNeeded: false);
            _rotation.Succeeded(_now, isNeeded: false);
            Assert.Equal(EndpointHealth.Unhealthy, _rotation.Health);
            _rotation.Failed(_now);
        }
    }

    [Fact]
    public void Who_is_needed_is_not_held_back()
    {
        Enter();
        for (var i = 0; i < 8; i++)
        {
            _rotation.Leave(_now);
            Assert.Equal(2, SuccessesUntilBack(Second / 10, isNeeded: true));
        }
    }

    [Fact]
    public void A_return_delay_is_kept_the_first_time_too()
    {
        _rotation = new(Policy with { ReturnDelay = 3 * Second });
        Enter();
        _rotation.Leave(_now);

        Assert.Equal(31, SuccessesUntilBack(Second / 10, isNeeded: false));
    }

    [Fact]
    public void Whatever_comes_a_node_is_out_after_three_failures_in_a_row_and_never_back_before_two_successes_in_a_row()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var (rotation, now, failures, successes, fellAt) = (new Rotation(Policy), TimeSpan.Zero, 0, 0, TimeSpan.Zero);
            for (var i = 0; i < 500; i++)
            {
                now += Second * random.NextDouble();
                var before = rotation.Health;
                if (random.NextDouble() < (seed % 10) / 10.0)
                {
                    rotation.Failed(now);
                    (failures, successes) = (failures + 1, 0);
                }
                else
                {
                    rotation.Succeeded(now, isNeeded: false);
                    (failures, successes) = (0, successes + 1);
                }

                Assert.False(failures >= 3 && rotation.Health != EndpointHealth.Unhealthy);
                if (before == EndpointHealth.Healthy && rotation.Health == EndpointHealth.Unhealthy)
                {
                    Assert.Equal(3, failures);
                    fellAt = now;
                }

                if (before == EndpointHealth.Unhealthy && rotation.Health == EndpointHealth.Healthy)
                {
                    Assert.True(successes >= 2);
                }

                Assert.False(rotation.Health == EndpointHealth.Unhealthy && successes > 2 && now - fellAt > 500 * Second);
                Assert.Equal(failures > 0 || rotation.Health != EndpointHealth.Healthy, rotation.NeedsEvidence);
            }
        }
    }

    private void Enter() => _rotation.Succeeded(_now, isNeeded: false);

    private int SuccessesUntilBack(TimeSpan every, bool isNeeded)
    {
        for (var successes = 1; ; successes++)
        {
            _rotation.Succeeded(_now, isNeeded);
            if (_rotation.Health == EndpointHealth.Healthy)
            {
                return successes;
            }

            _now += every;
        }
    }
}
