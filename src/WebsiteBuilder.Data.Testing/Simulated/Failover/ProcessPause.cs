using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A process that stands still: nothing leaves it and nothing is taken in. It has no idea of that.</summary>
internal sealed class ProcessPause(EngineRuntime runtime)
{
    private readonly List<TaskCompletionSource> _waiting = [];

    public bool IsPaused { get; private set; }

    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        TaskCompletionSource[] waiting = [.. _waiting];
        _waiting.Clear();
        Array.ForEach(waiting, runtime.Complete);
    }

    public async Task PassAsync()
    {
        while (IsPaused)
        {
            var resumed = runtime.NewCompletion();
            _waiting.Add(resumed);
            await resumed.Task.ConfigureAwait(false);
        }
    }
}
