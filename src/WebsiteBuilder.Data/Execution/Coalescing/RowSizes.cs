namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// How large the rows of a table are: smoothed; and which keys are to be read alone, because their rows would hold the others up, or because they failed. So many of these are
/// remembered; whoever is forgotten is learnt again. Guarded by its owner.
/// </summary>
internal sealed class RowSizes<TKey>(int large)
    where TKey : notnull
{
    private const int MaxRemembered = 1_024;
    private const int Smallest = 64;
    private const double Weight = 0.05;

    private readonly HashSet<TKey> _large = [];
    private readonly HashSet<TKey> _failed = [];
    private double _usual = 256;

    public bool IsAlone(TKey key) => _large.Count + _failed.Count > 0 && (_large.Contains(key) || _failed.Contains(key));

    /// <summary>How many rows bring about so many bytes; at least one.</summary>
    public int RowsWithin(int bytes) => (int)Math.Max(1, bytes / _usual);

    public void Learn(TKey key, int bytes)
    {
        _usual += Weight * (Math.Max(bytes, Smallest) - _usual);
        if (bytes > large)
        {
            Remember(_large, key);
        }
    }

    /// <summary>Read together with others, the key failed them.</summary>
    public void Failed(TKey key) => Remember(_failed, key);

    /// <summary>Read alone, the key didn't fail.</summary>
    public void Worked(TKey key)
    {
        if (_failed.Count > 0)
        {
            _failed.Remove(key);
        }
    }

    private static void Remember(HashSet<TKey> keys, TKey key)
    {
        if (keys.Count == MaxRemembered)
        {
            keys.Clear();
        }

        keys.Add(key);
    }
}
