namespace WebsiteBuilder.Data.Repositories;

/// <summary>Time in the microseconds that are stored, so that what an operation returns is what a read finds.</summary>
internal static class StoredTime
{
    public static DateTimeOffset Now(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
