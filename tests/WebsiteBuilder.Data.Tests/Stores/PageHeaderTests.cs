using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

/// <summary>A session that had just written was told now and then that its token is forged.</summary>
public sealed class PageHeaderTests
{
    private const ulong Segment = 0x5_0000_0000;
    private const ulong Page = Segment + (3 * 8_192);
    private static readonly LogHistory History = new(new HistoryId(1), 1, []);

    [Theory]
    [InlineData(Page + 24, Page)]
    [InlineData(Segment + 40, Segment)]
    [InlineData(Page + 40, Page + 40)]
    [InlineData(Page + 48, Page + 48)]
    [InlineData(Page, Page)]
    public void Only_a_header_with_nothing_behind_it_is_taken_off(ulong inserted, ulong expected) =>
        Assert.Equal(expected, LogPosition.WithoutPageHeader(inserted));

    [Fact]
    public void A_write_whose_record_ends_forty_bytes_into_a_page_is_not_beyond_the_log()
    {
        const ulong Written = Page + 40;
        var stamp = new ReadStamp(IsPrimary: true, History.Id, Lo: 0, LogPosition.WithoutPageHeader(Written), Incarnation: 1);
        var requirement = new Requirement(Replica: Written, Primary: 0, LearnedAt: null, Repeat: default);

        Assert.Equal(ReadVerdict.Good, ReadVerification.Judge(stamp, 0, ConsistencyLevel.Session, History, requirement));
    }
}
