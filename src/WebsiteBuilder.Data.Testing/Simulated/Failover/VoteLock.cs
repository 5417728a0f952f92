namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The lock that a coordinator's session holds on a node, until the node has heard nothing of it for long enough. Used under the shard's lock.</summary>
internal sealed class VoteLock
{
    private object? _holder;
    private TimeSpan _lifetime;
    private TimeSpan _until;
    private long _incarnation;

    public bool TryTake(object session, TimeSpan lifetime, TimeSpan now, long incarnation)
    {
        if (_holder is not null && _incarnation == incarnation && now <= _until)
        {
            return false;
        }

        (_holder, _lifetime, _until, _incarnation) = (session, lifetime, now + lifetime, incarnation);
        return true;
    }

    /// <summary>Whether a session is still there; it is used then.</summary>
    public bool Use(object session, TimeSpan now, long incarnation)
    {
        if (_holder != session || _incarnation != incarnation || now > _until)
        {
            return false;
        }

        _until = now + _lifetime;
        return true;
    }

    public void Release(object session) => _holder = _holder == session ? null : _holder;
}
