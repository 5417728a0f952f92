namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>Fixed seeds: every run, and both sides of a pair, draw the same keys.</summary>
internal static class Seeds
{
    private const int First = 20_261;

    public static int Of(int number) => First + number;
}
