using System.Text.Json;
using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class RowTests
{
    [Fact]
    public async Task The_file_has_the_promised_properties_in_each_row()
    {
        using var stream = new MemoryStream();
        await RowFile.WriteAsync(
            stream,
            [
                new Row("plan", 93.126, "ns", null, null, "<= 100 ns, 0 B", true, 90, 95, "clock") { Bytes = 0 },
                new Row("read", 61.98765, "us", 41, 1.51, "<= 1.05", false, 1.4, 1.6, "cpu") { Against = "tuned" },
            ],
            CancellationToken.None);

        using var json = JsonDocument.Parse(stream.ToArray());
        var rows = json.RootElement.EnumerateArray().ToArray();
        Assert.Equal(2, rows.Length);
        Assert.All(rows, static row => Assert.All(
            ["name", "value", "unit", "peer", "ratio", "target", "pass"], property => Assert.True(row.TryGetProperty(property, out _), property)));
        Assert.Equal(JsonValueKind.Null, rows[0].GetProperty("ratio").ValueKind);
        Assert.Equal(0, rows[0].GetProperty("bytes").GetDouble());
        Assert.Equal("<= 100 ns, 0 B", rows[0].GetProperty("target").GetString());
        Assert.Equal(61.99, rows[1].GetProperty("value").GetDouble());
        Assert.False(rows[1].GetProperty("pass").GetBoolean());
    }

    [Fact]
    public void The_ratio_is_taken_pair_by_pair()
    {
        // A slow machine in the second round slows both sides down: the medians differ by more than the pairs do.
        var row = Row.Of("read", Measure.Time, Target.AtMost(1.15), new Rounds([Slices(100, 500, 110), Slices(100, 500, 55)]), "peer");

        Assert.Equal(1, row.Ratio);
        Assert.Equal(110, row.Value);
        Assert.Equal(100, row.Peer);
        Assert.Equal("clock", row.Basis);
        Assert.True(row.Pass);
    }

    [Fact]
    public void Rates_are_compared_as_rates()
    {
        var row = Row.Of("reads", Measure.Reads, Target.AtLeast(5), new Rounds([Slices(10, 10, 10), Slices(40, 40, 40)]), "peer");

        Assert.Equal(4, row.Ratio!.Value, 6);
        Assert.Equal(100_000, row.Value, 3);
        Assert.False(row.Pass);
    }

    [Fact]
    public void A_tight_ceiling_looks_at_CPU_time_and_tells_the_clocks_ratio_too()
    {
        var rounds = new Rounds([[new Slice(1, Microseconds(20), Microseconds(10))], [new Slice(1, Microseconds(10), Microseconds(10))]]);

        var row = Row.Of("read", Measure.Time, Target.AtMost(1.05), rounds, "peer");

        Assert.Equal(("cpu", 1.0, 2.0, true), (row.Basis, row.Ratio, row.ClockRatio, row.Pass));
    }

    private static Slice[] Slices(params double[] microseconds) =>
        [.. microseconds.Select(static each => new Slice(1_000, Microseconds(each * 1_000), Microseconds(each * 500)))];

    private static TimeSpan Microseconds(double count) => TimeSpan.FromMicroseconds(count);
}
