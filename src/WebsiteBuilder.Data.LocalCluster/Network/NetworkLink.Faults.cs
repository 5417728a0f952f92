namespace WebsiteBuilder.Data.Clusters;

public sealed partial class NetworkLink
{
    /// <summary>
    /// Resets every connection (held bytes are lost) and refuses new ones until <see cref="Heal"/>. Refused means reset right after
    /// the accept: the port stays ours.
    /// </summary>
    public void Cut()
    {
        _cut = true;
        ResetConnections();
    }

    /// <summary>
    /// Stops delivering bytes of the direction without closing anything, as a black hole does; up to 16 MiB per connection are held,
    /// then the sender blocks. New connections are accepted and hang too. Until <see cref="Heal"/>.
    /// </summary>
    public void Hang(LinkDirection direction = LinkDirection.Both)
    {
        foreach (var lane in Lanes(direction)) lane.Gate.Close();
    }

    /// <summary>
    /// Makes the direction slower: every byte takes that much more each way than <see cref="RoundTrip"/> says, also on open connections
    /// and in the handshake of new ones. Replaces what an earlier call said of the direction. Until <see cref="Heal"/>.
    /// </summary>
    /// <param name="delay">The extra time each way, on average: 0 to 10 s.</param>
    /// <param name="jitter">Its standard deviation: 0 to 10 s, cut off at three deviations and at no extra time. Default: none.</param>
    /// <param name="direction">Which way. Default: both, so that a round trip takes twice as much more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A span is out of range.</exception>
    public void Slow(TimeSpan delay, TimeSpan jitter = default, LinkDirection direction = LinkDirection.Both)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromSeconds(10));
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(jitter, TimeSpan.FromSeconds(10));
        foreach (var lane in Lanes(direction)) lane.Slow(delay, jitter);
    }

    /// <summary>
    /// Makes the direction narrower: all its connections together carry that many bytes a second, and senders feel it once 16 MiB of a
    /// connection wait. Replaces what an earlier call said of the direction. Until <see cref="Heal"/>.
    /// </summary>
    /// <param name="bytesPerSecond">1,000 to 1,000,000,000.</param>
    /// <param name="direction">Which way. Default: both, each with so many bytes of its own.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public void Throttle(long bytesPerSecond, LinkDirection direction = LinkDirection.Both)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerSecond, 1_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytesPerSecond, 1_000_000_000);
        foreach (var lane in Lanes(direction)) lane.Throttle(bytesPerSecond);
    }

    /// <summary>Resets every connection, as a restarted firewall does; new ones are welcome unless the link is cut.</summary>
    public void ResetConnections()
    {
        foreach (var connection in _connections.Keys)
            connection.Abort();
    }

    /// <summary>
    /// Resets connections by and by, present and future ones, as load balancers and address translation do with those that say nothing
    /// for long. Replaces what an earlier call said. Until <see cref="Heal"/>.
    /// </summary>
    /// <param name="idle">Those on which no byte came for so long, unless the client spoke last and so may wait for an answer: 1 ms to 1 h, and up to a quarter of it later, at most 250 ms. Null: none for that.</param>
    /// <param name="bytes">Those that have carried so many bytes since they were opened, both ways together: these still arrive. 0 or more. Null: none for that.</param>
    /// <exception cref="ArgumentException">Neither is given.</exception>
    /// <exception cref="ArgumentOutOfRangeException">One is out of range.</exception>
    public void ResetConnectionsAfter(TimeSpan? idle = null, long? bytes = null)
    {
        if (idle is null && bytes is null) throw new ArgumentException("Say after which time or after how many bytes.", nameof(idle));
        if (idle is { } span && (span < TimeSpan.FromMilliseconds(1) || span > TimeSpan.FromHours(1)))
            throw new ArgumentOutOfRangeException(nameof(idle), span, "1 ms to 1 h.");
        if (bytes is < 0) throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "0 or more.");

        var rule = new ResetRule(idle, bytes);
        _resets = rule;
        if (idle is not null) _ = ResetIdleAsync(rule);
    }

    /// <summary>
    /// Ends <see cref="Cut"/>, <see cref="Hang"/>, <see cref="Slow"/>, <see cref="Throttle"/> and <see cref="ResetConnectionsAfter"/>: held
    /// bytes are delivered, in order.
    /// </summary>
    public void Heal()
    {
        _cut = false;
        _resets = null;
        _toServer.Heal();
        _toClient.Heal();
    }

    private IEnumerable<LinkLane> Lanes(LinkDirection direction)
    {
        if (direction is LinkDirection.Both or LinkDirection.ToServer) yield return _toServer;
        if (direction is LinkDirection.Both or LinkDirection.ToClient) yield return _toClient;
    }

    private async Task ResetIdleAsync(ResetRule rule)
    {
        while (ReferenceEquals(_resets, rule) && !_disposed)
        {
            foreach (var connection in _connections.Keys)
            {
                if (connection.IdleFor >= rule.Idle)
                    connection.Abort();
            }

            await Timer.WaitUntilAsync(PreciseTimer.After(PreciseTimer.Now, rule.LookEvery)).ConfigureAwait(false);
        }
    }
}
