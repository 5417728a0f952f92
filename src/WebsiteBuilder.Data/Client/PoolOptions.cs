namespace WebsiteBuilder.Data;

/// <summary>How connections are shared out among those who want one.</summary>
public sealed class PoolOptions
{
    /// <summary>
    /// How long an operation waits while all connections to a node are taken: 1 ms to 1 hour. Default: 1 s, and never more than half of
    /// <see cref="RoutingOptions.AttemptTimeout"/>. Then a write fails with <see cref="ThrottledException"/>, and a read asks another node or
    /// tries again, and fails so if it finds nothing else until its time is up. It doesn't count against the node.
    /// </summary>
    public TimeSpan WaitTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How many operations may wait for a connection to one node: 0 to 1,000,000. Default: 4,096. More are refused at once as if their wait were over, so that a node that hangs doesn't gather
    /// callers.
    /// </summary>
    public int MaxWaiting { get; set; } = 4_096;

    /// <summary>
    /// The most connections of this client to all endpoints of one region together, idle ones included: 1 to 100,000, and enough for what data
    /// sources may hold there (<see cref="EndpointOptions.MaxSqlPoolSize"/>) and one more for each endpoint. Default: null, no such limit. Momentary
    /// connections that read a history or cancel a statement don't count. Waiting counts towards <see cref="WaitTimeout"/>.
    /// </summary>
    public int? MaxConnectionsPerRegion { get; set; }

    /// <summary>
    /// How long a connection of a data source may be open before it is reported, once, as log event 10: 10 ms to 24 hours. Default: 1 minute.
    /// Nothing is closed: it may be at work.
    /// </summary>
    public TimeSpan HeldConnectionWarning { get; set; } = TimeSpan.FromMinutes(1);
}
