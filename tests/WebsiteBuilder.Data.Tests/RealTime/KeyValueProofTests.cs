using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class KeyValueProofTests
{
    private const uint Key = 7;
    private const uint Other = 8;

    private static readonly ShardId Shard = new(StoreKind.Redis, 3);
    private static readonly HistoryId First = new(0x11);
    private static readonly HistoryId Second = new(0x22);

    // What grew from the first history at 100.
    private static readonly KeyValueHead Grown = KeyValueHead.Read("00000022", "150", "00000011:100;00000009:40;");

    [Theory]
    [InlineData(0x11u, 100u, true)]
    [InlineData(0x11u, 101u, false)]
    [InlineData(0x22u, 150u, true)]
    [InlineData(0x22u, 151u, false)]
    [InlineData(0x09u, 40u, true)]
    [InlineData(0x09u, 41u, false)]
    [InlineData(0x33u, 1u, false)]
    public void A_position_is_covered_where_its_history_is_known_and_reaches_that_far(uint history, ulong position, bool covered)
    {
        var token = Of(new SessionFloor(Shard, new HistoryId(history), position, 0));
        Assert.Equal(covered, KeyValueProof.Covers(token, Shard, Grown, [Key]));
        Assert.Equal(covered, Record.Exception(() => KeyValueProof.Require(token, Shard, Grown)) is null);
    }

    [Fact]
    public void A_write_of_one_key_is_required_of_that_key_only()
    {
        var token = Of(new SessionFloor(Shard, Second, 120, 0, [new KeyWrite(Key, 151)]));
        Assert.False(KeyValueProof.Covers(token, Shard, Grown, [Key]));
        Assert.False(KeyValueProof.Covers(token, Shard, Grown, [Other, Key]));
        Assert.True(KeyValueProof.Covers(token, Shard, Grown, [Other]));
    }

    [Fact]
    public void What_the_primary_lacks_is_lost_whichever_key_is_read_and_what_remains_is_clipped()
    {
        var elsewhere = new SessionFloor(new ShardId(StoreKind.PostgreSql, 3), First, 900, 0);
        var token = Of(elsewhere, new SessionFloor(Shard, First, 90, 0, [new KeyWrite(Key, 130)]), new SessionFloor(Shard, new HistoryId(0x33), 5, 0));

        var lost = Assert.Throws<SessionHistoryLostException>(() => KeyValueProof.Require(token, Shard, Grown));
        Assert.Equal(Shard, lost.Shard);
        Assert.Equal(Of(elsewhere, new SessionFloor(Shard, Second, 90, 0, [new KeyWrite(Key, 100)])), lost.Remaining);
        KeyValueProof.Require(lost.Remaining, Shard, Grown);
    }

    [Fact]
    public void A_node_that_has_nothing_covers_only_those_who_require_nothing()
    {
        var empty = KeyValueHead.Read("", "0", "");
        Assert.True(KeyValueProof.Covers(SessionToken.Empty, Shard, empty, [Key]));
        var token = Of(new SessionFloor(Shard, First, 1, 0));
        Assert.False(KeyValueProof.Covers(token, Shard, empty, [Key]));
        Assert.True(KeyValueProof.Covers(token, new ShardId(StoreKind.Redis, 4), empty, [Key]));
        Assert.True(Assert.Throws<SessionHistoryLostException>(() => KeyValueProof.Require(token, Shard, empty)).Remaining.IsEmpty);
    }

    [Theory]
    [InlineData("xyz", "1", "")]
    [InlineData("00000000", "1", "")]
    [InlineData("00000011", "-1", "")]
    [InlineData("00000011", "1", "00000012")]
    [InlineData("00000011", "1", "00000012:x;")]
    public void A_head_that_is_not_ours_is_refused(string history, string clock, string past) =>
        Assert.Equal(RedisFaultKind.Malformed, Assert.Throws<RedisFaultException>(() => KeyValueHead.Read(history, clock, past)).Kind);

    private static SessionToken Of(params SessionFloor[] floors) => new(floors);
}
