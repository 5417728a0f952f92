using System.Text;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data.Tests.Stores.Redis;

/// <summary>A server, or somebody in its place, that lies: a clear fault, soon, and no more memory than was sent.</summary>
public class RespHostileTests
{
    private const int MaxBytes = 1 << 20;

    [Theory]
    [InlineData("$536870912\r\nabc")]
    [InlineData("$9223372036854775807\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$+5\r\nhello\r\n$x\r\n")]
    [InlineData("$5\r\nhelloXX")]
    [InlineData("$2000000\r\n")]
    [InlineData("*1000000000\r\n")]
    [InlineData("*40000\r\n_\r\n")]
    [InlineData("%2147483647\r\n")]
    [InlineData("%-1\r\n")]
    [InlineData("~-5\r\n")]
    [InlineData("$?\r\n;4\r\nabcd\r\n;0\r\n")]
    [InlineData("*?\r\n:1\r\n.\r\n")]
    [InlineData(":12x\r\n")]
    [InlineData(":\r\n")]
    [InlineData(":99999999999999999999\r\n")]
    [InlineData(",1.2.3\r\n")]
    [InlineData("#maybe\r\n")]
    [InlineData("_x\r\n")]
    [InlineData("(12a\r\n")]
    [InlineData("(\r\n")]
    [InlineData("=3\r\nabc\r\n")]
    [InlineData("!-1\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("\r\n")]
    [InlineData("+OK\n")]
    [InlineData("\0\0\0\0")]
    [InlineData("|9999999\r\n")]
    public void What_is_not_the_protocol_is_refused(string text) => Assert.NotNull(Fault(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void Depth_has_a_limit() =>
        Assert.IsType<RespFormatException>(Fault(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("*1\r\n", 100_000)))));

    [Fact]
    public void A_line_has_a_limit() => Assert.IsType<RespFormatException>(Fault(Encoding.ASCII.GetBytes("+" + new string('x', 200_000))));

    [Fact]
    public void Many_tiny_parts_count_with_what_they_take()
    {
        var many = Encoding.ASCII.GetBytes("*43000\r\n" + string.Concat(Enumerable.Repeat("*10\r\n" + string.Concat(Enumerable.Repeat("_\r\n", 10)), 43_000)));

        Assert.IsType<RespFormatException>(Fault(many));
    }

    [Theory]
    [InlineData("$1000000\r\n")]
    [InlineData("*40000\r\n")]
    [InlineData("*2\r\n$500000\r\n")]
    public void Announcing_costs_nothing(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        Fault(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.IsType<EndOfStreamException>(Fault(bytes));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void Whatever_is_changed_in_a_reply_it_is_read_or_refused()
    {
        byte[] good = [.. "*4\r\n$3\r\nabc\r\n:17\r\n%1\r\n+k\r\n,1.5\r\n~2\r\n#t\r\n_\r\n>2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n-ERR no\r\n=7\r\ntxt:abc\r\n"u8];
        Random random = new(20_261_122);
        string alphabet = "\r\n$*%~>|:,#_(!=+-0123456789tfx";
        for (var run = 0; run < 20_000; run++)
        {
            var bytes = (byte[])good.Clone();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(4) == 0 ? (byte)random.Next(256) : (byte)alphabet[random.Next(alphabet.Length)];
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.NotNull(Fault(bytes));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 * MaxBytes);
        }
    }

    /// <summary>Reads to the end, which is always a fault: of the format, or of the stream.</summary>
    private static Exception? Fault(byte[] bytes)
    {
        RespReader reader = new(new MemoryStream(bytes), new RespLimits(MaxBytes));
        try
        {
            // Each frame takes three bytes at least.
            for (var frames = 0; frames <= bytes.Length; frames++)
            {
                reader.Read();
            }

            return null;
        }
        catch (Exception error) when (error is RespFormatException or EndOfStreamException)
        {
            return error;
        }
    }
}
