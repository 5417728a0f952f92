using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Topology;

public class PositionSamplesTests
{
    private static readonly HistoryId History = new(1);

    private readonly PositionSamples _samples = new(capacity: 8);

    public PositionSamplesTests() => _samples.Enter(History, ulong.MaxValue);

    [Fact]
    public void A_sample_of_another_history_is_none()
    {
        _samples.Add(new HistoryId(2), At(1), 100);

        Assert.Equal(0ul, _samples.Newest);
    }

    [Fact]
    public void Without_samples_nothing_is_known()
    {
        Assert.Equal(0UL, _samples.Newest);
        Assert.Null(_samples.CurrentAt(ulong.MaxValue));
        Assert.Null(_samples.ReachedAt(0));
    }

    [Fact]
    public void Whoever_has_a_samples_position_has_all_that_was_acknowledged_before_it()
    {
        Add(1, 100);
        Add(2, 200);

        Assert.Null(_samples.CurrentAt(99));
        Assert.Equal(At(1), _samples.CurrentAt(100));
        Assert.Equal(At(1), _samples.CurrentAt(199));
        Assert.Equal(At(2), _samples.CurrentAt(200));
        Assert.Equal(At(2), _samples.CurrentAt(ulong.MaxValue));
    }

    [Fact]
    public void An_idle_primary_makes_nobody_stale()
    {
        Add(1, 100);
        Add(2, 100);
        Add(60, 100);

        Assert.Equal(At(60), _samples.CurrentAt(100));
        Assert.Equal(At(1), _samples.ReachedAt(100));
    }

    [Fact]
    public void A_replica_that_is_cut_off_grows_stale_from_the_last_sample_it_had()
    {
        Add(1, 100);
        for (var second = 2; second < 6; second++)
        {
            Add(second, 100 + (ulong)second);
        }

        Assert.Equal(At(1), _samples.CurrentAt(100));
    }

    [Fact]
    public void Answers_that_arrive_out_of_order_make_nobody_fresher()
    {
        Add(10, 100);
        Add(9, 90);
        Add(9, 110);
        Add(8, 100);

        Assert.Equal(At(10), _samples.CurrentAt(100));
        Assert.Null(_samples.CurrentAt(99));
        Assert.Equal(100UL, _samples.Newest);
    }

    [Fact]
    public void What_no_longer_fits_is_unknown_not_fresh()
    {
        for (var second = 1; second <= 20; second++)
        {
            Add(second, 100UL * (ulong)second);
        }

        Assert.Null(_samples.CurrentAt(1_299));
        Assert.Equal(At(13), _samples.CurrentAt(1_300));
        Assert.Equal(At(20), _samples.CurrentAt(2_000));
    }

    [Fact]
    public void A_position_was_reached_when_the_first_sample_had_it()
    {
        Add(1, 100);
        Add(2, 200);

        Assert.Equal(At(1), _samples.ReachedAt(0));
        Assert.Equal(At(1), _samples.ReachedAt(100));
        Assert.Equal(At(2), _samples.ReachedAt(101));
        Assert.Null(_samples.ReachedAt(201));
    }

    [Fact]
    public void A_promotion_takes_back_what_lies_behind_its_switch_point()
    {
        Add(1, 100);
        Add(2, 200);
        Add(3, 300);
        _samples.Enter(History, 250);

        Assert.Equal(At(2), _samples.CurrentAt(ulong.MaxValue));

        Add(4, 260);
        Assert.Equal(At(4), _samples.CurrentAt(260));
    }

    [Fact]
    public void An_idle_old_primary_vouched_for_the_time_after_the_promotion()
    {
        // It stood still at the switch point from 2 to 60; somewhere in between the other one was promoted there and took writes.
        Add(1, 100);
        Add(2, 200);
        Add(60, 200);
        _samples.Enter(History, 200);

        Assert.Equal(At(1), _samples.CurrentAt(200));
    }

    [Fact]
    public void A_promotion_with_nothing_in_common_takes_all_back()
    {
        Add(1, 100);
        _samples.Enter(History, 0);

        Assert.Null(_samples.CurrentAt(ulong.MaxValue));
    }

    [Fact]
    public void Whatever_happens_it_agrees_with_a_list()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 300; round++)
        {
            var capacity = random.Next(1, 9);
            var samples = new PositionSamples(capacity);
            samples.Enter(History, ulong.MaxValue);
            var list = new List<(ulong Position, TimeSpan First, TimeSpan Last)>();
            for (var step = 0; step < 60; step++)
            {
                var (time, position) = (At(step + random.Next(-2, 3)), (ulong)random.Next(step, step + 8));
                if (random.Next(12) == 0)
                {
                    samples.Enter(History, position);
                    list.RemoveAll(sample => sample.Position >= position);
                }
                else
                {
                    samples.Add(History, time, position);
                    AddNaively(list, capacity, time, position);
                }

                var asked = (ulong)random.Next(0, 75);
                Assert.Equal(list.Where(sample => sample.Position <= asked).Select(static sample => (TimeSpan?)sample.Last).LastOrDefault(), samples.CurrentAt(asked));
                Assert.Equal(list.Where(sample => sample.Position >= asked).Select(static sample => (TimeSpan?)sample.First).FirstOrDefault(), samples.ReachedAt(asked));
                Assert.Equal(list.Select(static sample => sample.Position).LastOrDefault(), samples.Newest);
            }
        }
    }

    [Fact]
    public void However_many_there_are_the_newest_are_kept()
    {
        const int Capacity = 150;
        var samples = new PositionSamples(Capacity);
        samples.Enter(History, ulong.MaxValue);
        for (var i = 1; i <= 500; i++)
        {
            samples.Add(History, At(i), (ulong)(10 * i));
            var oldest = Math.Max(1, i - Capacity + 1);
            Assert.Equal(At(oldest), samples.CurrentAt((ulong)(10 * oldest)));
            Assert.Equal(At((oldest + i) / 2), samples.CurrentAt((ulong)(10 * ((oldest + i) / 2)) + 5));
            Assert.Equal(At(i), samples.CurrentAt(ulong.MaxValue));
            Assert.Null(samples.CurrentAt((ulong)(10 * oldest) - 1));
        }
    }

    private static void AddNaively(List<(ulong Position, TimeSpan First, TimeSpan Last)> list, int capacity, TimeSpan time, ulong position)
    {
        if (list.Count > 0 && list[^1] is var newest && position == newest.Position)
        {
            list[^1] = newest with { Last = newest.Last > time ? newest.Last : time };
        }
        else if (list.Count == 0 || (position > list[^1].Position && time > list[^1].Last))
        {
            list.Add((position, time, time));
            if (list.Count > capacity)
            {
                list.RemoveAt(0);
            }
        }
    }

    private void Add(int second, ulong position) => _samples.Add(History, At(second), position);

    private static TimeSpan At(int second) => TimeSpan.FromSeconds(second);
}
