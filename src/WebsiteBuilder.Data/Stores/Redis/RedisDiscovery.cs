using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Finds out who is who, by asking. Blocks; runs on the map's own thread.</summary>
internal sealed class RedisDiscovery(RedisSettings settings, Func<RedisEndpoint, RedisNode> nodeAt, Func<Lane, RedisCommand, TimeSpan, ValueTask<RedisReply>> ask)
{
    /// <param name="known">The last map, or null.</param>
    /// <param name="why">If there is no answer: what stood in the way.</param>
    /// <returns>The map; null if nobody could tell.</returns>
    public RedisMap? Find(RedisMap? known, out RedisFaultException? why) => settings.Deployment switch
    {
        RedisDeployment.Cluster => FindCluster(known, out why),
        RedisDeployment.Sentinel => FindBySentinels(out why),
        _ => FindByRoles(known, out why),
    };

    private RedisMap? FindByRoles(RedisMap? known, out RedisFaultException? why)
    {
        RedisNode[] nodes = [.. settings.Endpoints.Distinct().Select(nodeAt)];
        why = null;
        if (nodes is [var only])
        {
            return known ?? RedisMap.Single(new RedisShard(only, []));
        }

        List<(RedisNode Node, NodeRole Role)> roles = [];
        ValueTask<RedisReply>[] asked = [.. nodes.Select(node => ask(node.Shared, RedisCommand.Read("ROLE"), settings.ConnectTimeout))];
        for (var at = 0; at < nodes.Length; at++)
        {
            if (Answer(asked[at], ref why) is { } answer)
            {
                roles.Add((nodes[at], LaneOpener.RoleOf(answer)));
            }
        }

        // Of two that claim it, the one that had it.
        var primary = roles.Where(static pair => pair.Role == NodeRole.Primary).Select(static pair => pair.Node)
            .OrderByDescending(node => known?.Shards[0].Primary == node).FirstOrDefault();
        if (primary is null)
        {
            // Its replicas can still be read.
            primary = known?.Shards[0].Primary;
            why ??= new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "None of the Redis nodes is a primary.");
        }

        return primary is null ? null : RedisMap.Single(new RedisShard(primary, [.. nodes.Where(node => node != primary && !roles.Contains((node, NodeRole.Primary)))]));
    }

    private RedisMap? FindBySentinels(out RedisFaultException? why)
    {
        why = null;
        foreach (var sentinel in settings.Endpoints)
        {
            try
            {
                // Asked rarely, so no connection is kept.
                using var link = LaneOpener.Open(settings.ForSentinels() with { Deployment = RedisDeployment.Cluster }, sentinel, LaneKind.Shared, static () => { });
                Conversation talk = new(link.Stream, link.Reader);
                if (talk.Ask("SENTINEL", "get-master-addr-by-name", settings.ServiceName) is not { Kind: RedisReplyKind.Array, Items: [var host, var port] })
                {
                    why = new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "A Sentinel doesn't know the service.");
                    continue;
                }

                var primary = nodeAt(new RedisEndpoint(host.AsString()!, (int)port.AsInt64()));
                List<RedisNode> replicas = [];
                foreach (var replica in talk.Ask("SENTINEL", "slaves", settings.ServiceName).Items)
                {
                    if (replica["flags"].AsString() is "slave" && replica["ip"].AsString() is { } address)
                    {
                        replicas.Add(nodeAt(new RedisEndpoint(address, (int)replica["port"].AsInt64())));
                    }
                }

                return RedisMap.Single(new RedisShard(primary, [.. replicas.Where(replica => replica != primary)]));
            }
            catch (Exception error)
            {
                why = LaneFaults.OfConnecting(error);
            }
        }

        return null;
    }

    private RedisMap? FindCluster(RedisMap? known, out RedisFaultException? why)
    {
        why = null;
        var candidates = (known?.Shards ?? []).SelectMany(static shard => shard.Replicas.Prepend(shard.Primary)).Concat(settings.Endpoints.Select(nodeAt)).Distinct();
        foreach (var node in candidates.OrderByDescending(static node => node.Shared.IsUp))
        {
            if (Answer(ask(node.Shared, RedisCommand.Read("CLUSTER", "SLOTS"), settings.ConnectTimeout), ref why) is { } answer && ReadSlots(answer, node.Endpoint) is { } map)
            {
                return map;
            }
        }

        why ??= new RedisFaultException(RedisFaultKind.NotReady, WriteDisposition.NotApplied, "The Redis nodes are no cluster, or know nothing of it.");
        return null;
    }

    /// <summary>Ranges of slots, each with its primary first: <c>[[from, to, [host, port, id], …], …]</c>.</summary>
    private RedisMap? ReadSlots(in RedisReply answer, RedisEndpoint teller)
    {
        Dictionary<RedisNode, RedisShard> shards = [];
        var slots = new RedisShard?[RedisSlots.Count];
        foreach (var range in answer.AsItems())
        {
            if (range.Items is not [var first, var last, var primary, ..] || NodeOf(primary, teller) is not { } owner)
            {
                return null;
            }

            if (!shards.TryGetValue(owner, out var shard))
            {
                List<RedisNode> replicas = [];
                foreach (var replica in range.Items[3..])
                {
                    if (NodeOf(replica, teller) is { } node)
                    {
                        replicas.Add(node);
                    }
                }

                shards.Add(owner, shard = new RedisShard(owner, [.. replicas]));
            }

            var (from, to) = (first.AsInt64(), last.AsInt64());
            if (from < 0 || to >= slots.Length || from > to)
            {
                return null;
            }

            slots.AsSpan((int)from, (int)(to - from) + 1).Fill(shard);
        }

        return shards.Count == 0 ? null : RedisMap.Cluster([.. shards.Values], slots);
    }

    private RedisNode? NodeOf(in RedisReply node, RedisEndpoint teller)
    {
        if (node.Items is not [var host, var port, ..])
        {
            return null;
        }

        // No host, or none that it knows: the one that we asked.
        var name = host.AsString() is { Length: > 0 } known && known != "?" ? known : teller.Host;
        return nodeAt(new RedisEndpoint(name, (int)port.AsInt64()));
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "On a thread made for waiting; calls end by their deadline without the thread pool.")]
    private static RedisReply? Answer(ValueTask<RedisReply> call, ref RedisFaultException? why)
    {
        try
        {
            return call.AsTask().GetAwaiter().GetResult();
        }
        catch (RedisFaultException fault)
        {
            why = fault;
            return null;
        }
    }
}
