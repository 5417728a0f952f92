using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public class LogPositionTests
{
    private const ulong Page = 8_192, Segment = 16 * 1_024 * 1_024;

    [Theory]
    [InlineData(Page + 24, Page)]
    [InlineData((7 * Page) + 24, 7 * Page)]
    [InlineData(Segment + 40, Segment)]
    [InlineData((3 * 1_024 * 1_024) + 40, 3 * 1_024 * 1_024)]
    public void The_header_of_a_page_that_holds_nothing_yet_is_taken_off(ulong inserted, ulong end) =>
        Assert.Equal(end, LogPosition.WithoutPageHeader(inserted));

    [Theory]
    [InlineData(0)]
    [InlineData(Page)]
    [InlineData(Page + 8)]
    [InlineData(Page + 32)]
    [InlineData(Page + 48)]
    [InlineData(Segment)]
    [InlineData(Segment + 48)]
    [InlineData((2 * Page) - 8)]
    public void Other_positions_are_ends_of_records(ulong position) => Assert.Equal(position, LogPosition.WithoutPageHeader(position));

    [Fact]
    public void A_record_that_ends_16_bytes_into_a_page_was_taken_for_a_header()
    {
        // Only the first page of a segment file has the long header of 40 bytes. A session that wrote up to here was told by the idle primary
        // that its token was forged.
        Assert.Equal((5 * Page) + 40, LogPosition.WithoutPageHeader((5 * Page) + 40));
    }

    [Fact]
    public void Only_at_a_pages_end_a_flush_may_have_stopped_inside_a_record()
    {
        Assert.True(LogPosition.MayEndInsideRecord(3 * Page));
        Assert.False(LogPosition.MayEndInsideRecord((3 * Page) + 8));
        Assert.False(LogPosition.MayEndInsideRecord((3 * Page) - 8));
    }

    [Theory]
    [InlineData(800, 800UL, 800)]
    [InlineData(800, 808UL, 801)]
    [InlineData(800, null, 801)]
    [InlineData(800, 16UL, 801)]
    public void A_replica_may_have_shown_the_next_record_unless_it_has_received_none(ulong replayed, ulong? received, ulong seen) =>
        Assert.Equal(seen, LogPosition.SeenOnReplica(replayed, received));
}
