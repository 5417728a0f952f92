namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Whom a lane turns to. Called on its threads, never under its lock (but for <see cref="Asking"/>); must not block.</summary>
internal interface ILaneOwner
{
    /// <summary>A call waits until then at most.</summary>
    void Expect(long deadline);

    /// <summary>A call that asks a cluster's node to serve the next one though the slot isn't its own yet.</summary>
    RedisCall Asking(long deadline);

    /// <summary>Nothing has come for a while: ask for something.</summary>
    void KeepAlive(Lane lane);

    /// <summary>The connection was made, was lost, or couldn't be made.</summary>
    void Changed(Lane lane);

    /// <summary>Whether an error means that the call must be sent again, and has been.</summary>
    bool TryRedirect(Lane lane, RedisCall call, string error);

    /// <summary>Whether a call that was never written has found another node.</summary>
    bool TryElsewhere(RedisCall call);
}
