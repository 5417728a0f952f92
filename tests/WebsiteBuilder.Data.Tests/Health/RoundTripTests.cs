using WebsiteBuilder.Data.Health;

namespace WebsiteBuilder.Data.Tests.Health;

public class RoundTripTests
{
    private readonly EndpointVitals _vitals = new(new HealthPolicy(
        TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), 3, 2, TimeSpan.FromMilliseconds(250)));

    [Fact]
    public void A_first_contact_that_had_to_connect_does_not_make_a_near_node_look_far()
    {
        _vitals.Measured(TimeSpan.FromMilliseconds(300));
        _vitals.Measured(TimeSpan.FromMilliseconds(1));

        Assert.Equal(TimeSpan.FromMilliseconds(1), _vitals.RoundTrip);
    }

    [Fact]
    public void A_longer_round_trip_is_believed_by_and_by()
    {
        _vitals.Measured(TimeSpan.FromMilliseconds(10));
        _vitals.Measured(TimeSpan.FromMilliseconds(20));

        Assert.Equal(TimeSpan.FromMilliseconds(12), _vitals.RoundTrip);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(40, 10)]
    public void An_answered_operation_bounds_the_round_trip_from_above_only(int elapsed, int expected)
    {
        _vitals.Measured(TimeSpan.FromMilliseconds(10));

        _vitals.AnsweredWithin(TimeSpan.FromMilliseconds(elapsed));

        Assert.Equal(TimeSpan.FromMilliseconds(expected), _vitals.RoundTrip);
    }

    [Fact]
    public void Round_trips_are_sure_once_several_in_a_row_agree()
    {
        foreach (var milliseconds in (int[])[80, 1, 2, 1, 3])
        {
            _vitals.Measured(TimeSpan.FromMilliseconds(milliseconds));
            Assert.False(_vitals.IsRoundTripSure);
        }

        _vitals.Measured(TimeSpan.FromMilliseconds(1));
        Assert.True(_vitals.IsRoundTripSure);
    }

    [Fact]
    public void A_round_trip_that_stands_out_makes_the_estimate_doubtful()
    {
        for (var i = 0; i < 5; i++)
        {
            _vitals.Measured(TimeSpan.FromMilliseconds(1));
        }

        _vitals.Measured(TimeSpan.FromMilliseconds(200));

        Assert.False(_vitals.IsRoundTripSure);
    }

    [Fact]
    public void An_answered_operation_is_no_first_measurement()
    {
        _vitals.AnsweredWithin(TimeSpan.FromMilliseconds(40));

        Assert.Null(_vitals.RoundTrip);
    }
}
