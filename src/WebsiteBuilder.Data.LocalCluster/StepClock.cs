namespace WebsiteBuilder.Data.Clusters;

/// <summary>Announces the steps of a start and measures them.</summary>
internal sealed class StepClock(Action<string>? progress)
{
    private readonly List<StepTiming> _timings = [];

    public IReadOnlyList<StepTiming> Timings => _timings;

    public void Announce(string step) => progress?.Invoke(step);

    public async Task<T> MeasureAsync<T>(string step, Func<Task<T>> action)
    {
        Announce(step);
        var start = TimeProvider.System.GetTimestamp();
        var result = await action().ConfigureAwait(false);
        _timings.Add(new StepTiming(step, TimeProvider.System.GetElapsedTime(start)));
        return result;
    }

    public Task MeasureAsync(string step, Func<Task> action) => MeasureAsync(step, async () =>
    {
        await action().ConfigureAwait(false);
        return true;
    });
}
