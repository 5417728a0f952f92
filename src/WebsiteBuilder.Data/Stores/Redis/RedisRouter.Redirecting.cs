namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What lanes ask of their owner, and where calls go on that were sent to the wrong node.</summary>
internal sealed partial class RedisRouter
{
    /// <summary>Whether a refusal is about where the command was sent. What it says is remembered.</summary>
    public bool ShouldTryAgain(RedisFaultException fault)
    {
        if (fault.Code == "MOVED" && RedisRedirect.TryParse(fault.ServerText!, default, out var redirect))
        {
            _keeper.Moved(redirect.Slot, NodeAt(redirect.To));
        }

        return fault.Code is "MOVED" or "ASK" or "TRYAGAIN" or "NOSCRIPT";
    }

    void ILaneOwner.Expect(long deadline) => _pace.Expect(deadline);

    RedisCall ILaneOwner.Asking(long deadline) =>
        _pool.Rent(RedisCommand.Read("ASKING"), RedisTarget.Primary, RedisSlots.Any, _settings.Runtime.Time.GetTimestamp(), deadline, staysHere: true);

    void ILaneOwner.KeepAlive(Lane lane)
    {
        var now = _settings.Runtime.Time.GetTimestamp();
        lane.Submit(_pool.Rent(
            RedisCommand.Read("PING"), RedisTarget.Primary, RedisSlots.Any, now, _settings.After(now, _settings.KeepAlive), staysHere: true, watcher: static _ => { }));
    }

    void ILaneOwner.Changed(Lane lane)
    {
        if (Only is null && !lane.IsUp)
        {
            _keeper.Doubt();
        }
    }

    bool ILaneOwner.TryElsewhere(RedisCall call)
    {
        if (call.StaysHere || call.Target == RedisTarget.Primary || _disposed || call.Redirections++ >= MaxRedirections)
        {
            return false;
        }

        Route(call);
        return true;
    }

    bool ILaneOwner.TryRedirect(Lane lane, RedisCall call, string error)
    {
        var code = ServerErrors.CodeOf(error);
        if (code is "READONLY" or "CLUSTERDOWN" && Only is null)
        {
            _keeper.Doubt();
        }

        if (call.StaysHere || _disposed)
        {
            return false;
        }

        switch (code)
        {
            case "NOSCRIPT" when call.Command.Script is not null && !call.ScriptAsText:
                call.ScriptAsText = true;
                lane.Submit(call);
                return true;
            case "MOVED" or "ASK" when call.Redirections < MaxRedirections && RedisRedirect.TryParse(error, lane.Endpoint, out var redirect):
                call.Redirections++;
                Follow(call, redirect);
                return true;
            case "TRYAGAIN" when call.Redirections < MaxTries:
                call.Redirections++;
                _later.Enqueue(call);
                _pace.Wake();
                return true;
            case "MASTERDOWN" or "LOADING" when call.Target == RedisTarget.PreferReplica:
                call.TurnToPrimary();
                Route(call);
                return true;
            default:
                return false;
        }
    }

    private void Follow(RedisCall call, RedisRedirect redirect)
    {
        var node = NodeAt(redirect.To);
        if (redirect.IsAsk)
        {
            call.Asking = true;
        }
        else if (call.Target == RedisTarget.Primary)
        {
            _keeper.Moved(redirect.Slot, node);
        }
        else
        {
            // A replica whose shard no longer has the slot names another primary; a replica of that one is wanted.
            _keeper.Doubt();
            _later.Enqueue(call);
            _pace.Wake();
            return;
        }

        node.Shared.Submit(call);
    }
}
