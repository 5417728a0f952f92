namespace WebsiteBuilder.Data.Sessions;

/// <summary>The part that remembers what connections have shown.</summary>
internal sealed partial class SessionState
{
    private readonly List<Exposure> _exposures = [];
    private int _exposed;

    /// <summary>A connection is about to show something, or has.</summary>
    public void Exposed(Exposure exposure)
    {
        exposure.Show();
        lock (_exposures)
        {
            if (!_exposures.Contains(exposure))
            {
                // Whoever only ever shows would collect them.
                _exposures.RemoveAll(static settled => !settled.IsUnsettled);
                _exposures.Add(exposure);
                Volatile.Write(ref _exposed, _exposures.Count);
            }
        }
    }

    /// <summary>What must be settled before the floors of a shard say all that the session has seen there. Costs next to nothing without connections.</summary>
    public IReadOnlyList<Exposure> Unsettled(ShardId shard) => Volatile.Read(ref _exposed) == 0 ? [] : UnsettledOf(shard);

    private IReadOnlyList<Exposure> UnsettledOf(ShardId shard)
    {
        lock (_exposures)
        {
            _exposures.RemoveAll(static exposure => !exposure.IsUnsettled);
            Volatile.Write(ref _exposed, _exposures.Count);
            return [.. _exposures.Where(exposure => exposure.Shard == shard)];
        }
    }
}
