using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public class TimelineFileTests
{
    [Fact]
    public void Each_line_tells_a_timeline_and_where_it_was_left() =>
        Assert.Equal(
            [(1U, 0x3000148UL), (2U, 0x1_05000000UL)],
            TimelineFile.Parse("1\t0/3000148\tno recovery target specified\n\n2\t1/5000000\tno recovery target specified\n"));

    [Fact]
    public void Windows_line_ends_and_stray_blanks_are_taken() =>
        Assert.Equal([(1U, 0x10UL)], TimelineFile.Parse(" 1 \t 0/10 \tbecause\r\n"));

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# a comment\n")]
    [InlineData("1\n")]
    [InlineData("one\t0/10\tbecause\n")]
    [InlineData("-1\t0/10\n")]
    [InlineData("4294967296\t0/10\n")]
    [InlineData("1\t0-10\tbecause\n")]
    [InlineData("1\tno position\n")]
    [InlineData("1\t0/100000000\n")]
    public void Junk_is_no_switch_point(string content) => Assert.Empty(TimelineFile.Parse(content));

    [Fact]
    public void Junk_between_lines_hides_none_of_them() =>
        Assert.Equal([(1U, 16UL), (2U, 32UL)], TimelineFile.Parse("1\t0/10\tx\nrubbish\n2\t0/20\tlost\tmore\n"));
}
