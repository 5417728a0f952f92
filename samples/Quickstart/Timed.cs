using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>What came back, and how long the caller waited for it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Timed<T>(T Result, TimeSpan Took);

/// <summary>Measures and waits, by one clock.</summary>
internal static class TimeExtensions
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    public static async Task<Timed<T>> MeasureAsync<T>(this TimeProvider time, Func<Task<T>> operation)
    {
        var startedAt = time.GetTimestamp();
        var result = await operation();
        return new Timed<T>(result, time.GetElapsedTime(startedAt));
    }

    public static async Task<TimeSpan> MeasureAsync(this TimeProvider time, Func<Task> operation)
    {
        var startedAt = time.GetTimestamp();
        await operation();
        return time.GetElapsedTime(startedAt);
    }

    /// <summary>Looks again and again until something holds; says how long that took.</summary>
    /// <exception cref="TimeoutException">It didn't hold in time.</exception>
    public static async Task<TimeSpan> UntilAsync(
        this TimeProvider time, Func<bool> holds, TimeSpan atMost, string what, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (!holds())
        {
            if (time.GetElapsedTime(startedAt) > atMost)
            {
                throw new TimeoutException($"Waited {Words.Long(atMost)} in vain for this: {what}.");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }

        return time.GetElapsedTime(startedAt);
    }
}
