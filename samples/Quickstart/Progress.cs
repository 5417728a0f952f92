namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>Says how a longer piece of work is doing: every second in passing, and every fourth in a line that stays.</summary>
internal sealed class Progress(Screen screen, TimeProvider time, Action<string> inPassing, TimeSpan duration)
{
    private const int LineEvery = 4;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task RunAsync(Func<string> describe, CancellationToken goHome, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(Interval, time);
        for (var tick = 1; !goHome.IsCancellationRequested && await timer.WaitForNextTickAsync(cancellationToken); tick++)
        {
            var text = describe();
            inPassing($"{time.GetElapsedTime(startedAt).TotalSeconds:0} of {duration.TotalSeconds:0} s; {text}");
            if (tick % LineEvery == 0)
            {
                screen.Done(text, time.GetElapsedTime(startedAt));
            }
        }
    }
}
