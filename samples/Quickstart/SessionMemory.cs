namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>
/// The judge of one session: the version of each user that the session must see from now on, because it wrote it (read-your-writes) or
/// has seen it before (monotonic reads).
/// </summary>
internal sealed class SessionMemory
{
    private readonly Dictionary<UserKey, long> _atLeast = [];

    public void Wrote(UserKey key, long version) => Raise(key, version);

    /// <summary>Whether the session was allowed to see this version; 0 stands for nobody there.</summary>
    public bool Saw(UserKey key, long version)
    {
        var kept = version >= _atLeast.GetValueOrDefault(key, 1);
        Raise(key, version);
        return kept;
    }

    private void Raise(UserKey key, long version) => _atLeast[key] = Math.Max(version, _atLeast.GetValueOrDefault(key));
}
