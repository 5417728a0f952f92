namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// How large the rows of a table are: smoothed, and which keys are to be read alone because their rows would hold the others up. So many of these are remembered; whoever is
/// forgotten is learnt again. Guarded by its owner.
/// </summary>
internal sealed class RowSizes<TKey>(int large)
    where TKey : notnull
{
    private const int MaxRemembered = 1_024;
    private const int Smallest = 64;
    private const double Weight = 0.05;

    private readonly HashSet<TKey> _alone = [];
    private double _usual = 256;

    public bool IsAlone(TKey key) => _alone.Count > 0 && _alone.Contains(key);

    /// <summary>How many rows bring about so many bytes; at least one.</summary>
    public int RowsWithin(int bytes) => (int)Math.Max(1, bytes / _usual);

    public void Learn(TKey key, int bytes)
    {
        if (bytes > large)
        {
            KeepAlone(key);
            return;
        }

        _usual += Weight * (Math.Max(bytes, Smallest) - _usual);
        if (_alone.Count > 0)
        {
            _alone.Remove(key);
        }
    }

    public void KeepAlone(TKey key)
    {
        if (_alone.Count == MaxRemembered)
        {
            _alone.Clear();
        }

        _alone.Add(key);
    }
}
