using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

/// <summary>Which position a committed write is acknowledged at.</summary>
public class CommitTailTests
{
    private const ulong Flushed = 0x300;

    [Theory]
    [InlineData("ANY 1 (a, b)", 0x200, "quorum/0/200", "quorum/0/100")]
    [InlineData("ANY 2 (a, b, c)", 0x200, "quorum/0/100", "quorum/0/280", "quorum/0/200")]
    [InlineData("ANY 2 (a, b)", 0x100, "quorum/0/200", "quorum/0/100")]
    [InlineData("any 1 (*)", 0x200, "quorum/0/200", "quorum/0/100")]
    [InlineData("  ANY   1(a,b)", 0x200, "quorum/0/200", "quorum/0/100")]
    [InlineData("FIRST 1 (a, b)", 0x200, "sync/0/200")]
    [InlineData("FIRST 2 (a, b, c)", 0x100, "sync/0/200", "sync/0/100")]
    [InlineData("2 (a, b, c)", 0x100, "sync/0/200", "sync/0/100")]
    [InlineData("a", 0x200, "sync/0/200")]
    [InlineData("any_1", 0x200, "sync/0/200")]
    public void It_is_what_the_required_standbys_have(string names, ulong position, params string[] standbys) =>
        Assert.Equal(position, Tail(names, standbys).Position(WriteDurability.RemoteFlush));

    [Theory]
    [InlineData("ANY 1 (a, b)", "quorum/0/400", "quorum/0/100")]
    [InlineData("FIRST 1 (a, b)", "sync/0/400")]
    public void Standbys_that_are_ahead_of_what_was_flushed_then_don_t_raise_it(string names, params string[] standbys) =>
        Assert.Equal(Flushed, Tail(names, standbys).Position(WriteDurability.RemoteFlush));

    [Theory]
    [InlineData("ANY 1 (a, b)")]
    [InlineData("ANY 2 (a, b)", "quorum/0/200")]
    [InlineData("FIRST 1 (a, b)")]
    [InlineData("a")]
    public void Standbys_that_are_gone_since_can_t_lower_it(string names, params string[] standbys) =>
        Assert.Equal(Flushed, Tail(names, standbys).Position(WriteDurability.RemoteFlush));

    [Theory]
    [InlineData("ANY\t1 (a, b)", 0x200)]
    [InlineData("ANY\n1\n(a, b)", 0x200)]
    [InlineData("ANY1(a, b)", 0x200)]
    [InlineData("ANYTHING", Flushed)]
    [InlineData("ANY 0 (a)", Flushed)]
    [InlineData("", Flushed)]
    public void A_quorum_in_another_spelling_was_taken_for_a_list_and_its_slowest_member_for_the_position(string names, ulong position)
    {
        // The slowest member of a quorum may lack the very write that is being acknowledged.
        Assert.Equal(position, Tail(names, "quorum/0/200", "quorum/0/100").Position(WriteDurability.RemoteFlush));
    }

    [Fact]
    public void A_standby_that_reports_nothing_readable_put_the_position_to_zero() =>
        Assert.Equal(Flushed, Tail("ANY 1 (a)", "quorum/what").Position(WriteDurability.RemoteFlush));

    [Theory]
    [InlineData(WriteDurability.Off)]
    [InlineData(WriteDurability.Local)]
    public void A_write_that_waited_for_nobody_is_where_it_was_flushed(WriteDurability reached) =>
        Assert.Equal(Flushed, Tail("ANY 1 (a)", "quorum/0/100").Position(reached));

    [Theory]
    [InlineData("", WriteDurability.RemoteApply, WriteDurability.Local)]
    [InlineData("", WriteDurability.Local, WriteDurability.Local)]
    [InlineData("", WriteDurability.Off, WriteDurability.Off)]
    [InlineData("a", WriteDurability.RemoteApply, WriteDurability.RemoteApply)]
    [InlineData("a", WriteDurability.Off, WriteDurability.Off)]
    public void Without_synchronous_standbys_nothing_beyond_the_primarys_disk_is_reached(string names, WriteDurability asked, WriteDurability reached) =>
        Assert.Equal(reached, Tail(names).Reached(asked));

    [Fact]
    public void A_standby_that_acknowledged_and_left_does_not_let_one_that_lacks_the_write_speak_for_it() =>
        Assert.Equal(Flushed, new CommitTail(0x180, Flushed, Flushed + 24, "ANY 1 (a, b)", ["quorum/0/180"]).Position(WriteDurability.RemoteFlush));

    [Theory]
    [InlineData("ANY 2 (a, b, c)", 0x200, "quorum/0/100", "quorum/0/280", "quorum/0/200")]
    [InlineData("FIRST 2 (a, b, c)", 0x100, "sync/0/200", "sync/0/100")]
    [InlineData("ANY 1 (a)", Flushed, "quorum/0/400")]
    [InlineData("ANY 2 (a, b)", 0x80)]
    [InlineData("ANY 2 (a, b)", 0x80, "quorum/0/200")]
    [InlineData("ANY 1 (a)", 0x80, "quorum/0/80")]
    public void What_others_wrote_while_the_standbys_left_was_taken_for_acknowledged_by_them_and_stopped_a_clients_writes_for_good_after_a_split(
        string names, ulong confirmed, params string[] standbys) =>
        Assert.Equal(confirmed, Tail(names, standbys).Confirmed());

    private static CommitTail Tail(string names, params string[] standbys) => new(0x80, Flushed, Flushed + 24, names, standbys);
}
