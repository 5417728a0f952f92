using FsCheck.Fluent;

namespace WebsiteBuilder.Data.Tests.Sessions;

public class SessionFloorTests
{
    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 3);
    private static readonly HistoryId History = new(7);

    [Fact]
    public void A_read_floor_is_never_above_the_floor()
    {
        var floor = new SessionFloor(Shard, History, floor: 5, readFloor: 9);

        Assert.Equal(9UL, floor.Floor);
        Assert.Equal(9UL, floor.ReadFloor);
    }

    [Fact]
    public void A_floor_without_a_history_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SessionFloor(Shard, default, 1, 1));

    [Fact]
    public void A_remembered_write_is_required_of_its_key_only()
    {
        var floor = new SessionFloor(Shard, History, 10, 0).WithWrite(new KeyWrite(1, 50));

        Assert.Equal(50UL, floor.RequiredFor(1));
        Assert.Equal(10UL, floor.RequiredFor(2));
        Assert.Equal(50UL, floor.Highest);
    }

    [Fact]
    public void The_ninth_key_pushes_the_lowest_write_into_the_floor()
    {
        var floor = new SessionFloor(Shard, History, 10, 0);
        for (var key = 1u; key <= SessionFloor.MaxWrites + 1; key++)
        {
            floor = floor.WithWrite(new KeyWrite(key, 100 + key));
        }

        Assert.Equal(SessionFloor.MaxWrites, floor.Writes.Length);
        Assert.Equal(101UL, floor.Floor);
        Assert.Equal(0UL, floor.ReadFloor);
        Assert.Equal(101UL, floor.RequiredFor(1));
    }

    [Fact]
    public void A_floor_that_rises_swallows_the_writes_below_it()
    {
        var floor = new SessionFloor(Shard, History, 10, 0).WithWrite(new KeyWrite(1, 20)).WithWrite(new KeyWrite(2, 30)).WithFloors(20, 0);

        Assert.Equal([new KeyWrite(2, 30)], floor.Writes);
    }

    [Fact]
    public void Remembered_writes_are_bounded_ordered_and_above_the_floor() =>
        Floors.Check(Floors.AnyFloor, static floor =>
            floor.Writes.Length <= SessionFloor.MaxWrites
            && floor.Writes.All(write => write.Position > floor.Floor)
            && floor.Writes.Zip(floor.Writes.Skip(1)).All(static pair => pair.First.KeyHash < pair.Second.KeyHash));

    [Fact]
    public void A_write_never_lowers_what_any_key_requires() =>
        Floors.Check(
            from floor in Floors.AnyFloor from write in Floors.AnyWrite from key in Floors.AnyKey select (floor, write, key),
            static x =>
            {
                var after = x.floor.WithWrite(x.write);
                return after.Covers(x.floor)
                    && after.RequiredFor(x.key) >= x.floor.RequiredFor(x.key)
                    && after.RequiredFor(x.write.KeyHash) >= x.write.Position
                    && after.ReadFloor == x.floor.ReadFloor;
            });

    [Fact]
    public void Merging_is_commutative_and_associative_whatever_is_evicted_on_the_way() =>
        Floors.Check(
            from a in Floors.AnyFloor from b in Floors.AnyFloor from c in Floors.AnyFloor select (a, b, c),
            static x => x.a.Merge(x.b).Equals(x.b.Merge(x.a)) && x.a.Merge(x.b).Merge(x.c).Equals(x.a.Merge(x.b.Merge(x.c))));

    [Fact]
    public void Merging_is_idempotent_and_an_upper_bound() =>
        Floors.Check(
            from a in Floors.AnyFloor from b in Floors.AnyFloor select (a, b),
            static x =>
            {
                var merged = x.a.Merge(x.b);
                return x.a.Merge(x.a).Equals(x.a) && merged.Covers(x.a) && merged.Covers(x.b) && merged.Merge(x.b).Equals(merged);
            });

    [Fact]
    public void Covering_means_requiring_at_least_as_much_for_every_key() =>
        Floors.Check(
            from a in Floors.AnyFloor from b in Floors.AnyFloor select (a, b),
            static x => x.a.Covers(x.b) == (x.a.Floor >= x.b.Floor && x.a.ReadFloor >= x.b.ReadFloor
                && Enumerable.Range(1, 14).All(key => x.a.RequiredFor((uint)key) >= x.b.RequiredFor((uint)key))));

    [Fact]
    public void Folding_writes_away_is_never_weaker() =>
        Floors.Check(Floors.AnyFloor, static floor =>
            floor.WithoutWrites().Covers(floor) && floor.WithoutWrites().Floor == floor.Highest && floor.WithoutWrites().Writes.Length == 0);

    [Fact]
    public void What_is_clipped_ends_at_the_switch_point_and_belongs_to_the_successor() =>
        Floors.Check(
            from floor in Floors.AnyFloor from end in Floors.AnyPosition select (floor, end),
            static x =>
            {
                var clipped = x.floor.ClippedTo(x.end, new HistoryId(99));
                return clipped.Highest <= x.end && clipped.ReadFloor <= clipped.Floor && clipped.History == new HistoryId(99)
                    && clipped.Writes.All(write => write.Position > clipped.Floor)
                    && Enumerable.Range(1, 14).All(key =>
                        clipped.RequiredFor((uint)key) == Math.Min(x.end, x.floor.RequiredFor((uint)key)));
            });
}
