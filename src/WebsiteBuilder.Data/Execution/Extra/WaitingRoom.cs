namespace WebsiteBuilder.Data.Execution;

/// <summary>Counts those who wait, up to a limit: whoever comes then should hear at once that there is no room, and not when time is up. Thread-safe.</summary>
internal sealed class WaitingRoom(int places)
{
    private int _taken;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _taken) <= places)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _taken);
}
