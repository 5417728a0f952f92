namespace WebsiteBuilder.Data;

/// <summary>
/// Settings of a <see cref="FailoverCoordinator"/> for one shard. Checked as a whole when the coordinator is made, then copied. Every coordinator of a shard must
/// have the same <see cref="RequiredAcknowledgements"/> and members.
/// </summary>
public sealed class FailoverOptions
{
    /// <summary>The shard's name in <see cref="DataOptions.Shards"/>. Required.</summary>
    public string Shard { get; set; } = "";

    /// <summary>
    /// How many standbys must have a write before it is acknowledged: the k of <c>synchronous_standby_names = 'ANY k (…)'</c>, which every primary of the shard must
    /// have with the counted members but itself. The coordinator sets it on those that it promotes, and refuses to promote while it sees another one. 1 to the number
    /// of counted members but one. Required.
    /// </summary>
    public int RequiredAcknowledgements { get; set; }

    /// <summary>The shard's nodes: each endpoint of the shard once, 2 at least, in the order of preference among equals. Required.</summary>
    public IList<FailoverMemberOptions> Members { get; } = [];

    /// <summary>When a node counts as gone.</summary>
    public FailoverHealthOptions HealthCheck { get; } = new();

    /// <summary>What to do then.</summary>
    public FailoverRecoveryOptions Recovery { get; } = new();

    /// <summary>When to raise an alarm.</summary>
    public FailoverTriggerOptions Triggers { get; } = new();

    /// <summary>
    /// How long a standby keeps a coordinator's vote that it hears nothing of: 3 s to 5 minutes. Default: 15 s. A coordinator that stops in the middle
    /// holds up the next one for so long.
    /// </summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether to say only what would be done: nothing is changed anywhere, not even votes are taken. Default: false.</summary>
    public bool DryRun { get; set; }
}

/// <summary>One node for a <see cref="FailoverCoordinator"/>.</summary>
public sealed class FailoverMemberOptions
{
    /// <summary>The endpoint's name in the settings of the shard. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>
    /// An Npgsql connection string straight to the server, in the same database on all nodes, with a role that may do what docs/failover.md lists. Default: empty, the
    /// endpoint's own.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// What the node calls itself to a primary, its <c>application_name</c>, and the name of its slot there: 1 to 63 of a-z, 0-9 and '_', unique. Default: empty, the
    /// endpoint's name with '_' for '-'.
    /// </summary>
    public string StandbyName { get; set; } = "";

    /// <summary>
    /// How other nodes reach this one for streaming: a libpq connection string without <c>application_name</c>, such as <c>host=10.0.0.7 user=replicator passfile=/…</c>.
    /// Default: empty, which needs an <see cref="INodeOperator"/> that knows.
    /// </summary>
    public string UpstreamConnection { get; set; } = "";

    /// <summary>
    /// Whether the node is in <c>synchronous_standby_names</c> while it is a standby. Only such nodes are promoted; others just follow. Default: true.
    /// </summary>
    public bool IsSynchronous { get; set; } = true;
}

/// <summary>When a node counts as gone.</summary>
public sealed class FailoverHealthOptions
{
    /// <summary>Between checks while all nodes are well: 50 ms to 1 hour. Default: 30 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Between checks while a node isn't: 50 ms to <see cref="Interval"/>. Default: 1 s. This times <see cref="Failures"/> is also how long a standby must have heard nothing of a primary.</summary>
    public TimeSpan RecheckInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>For one check, and for each statement of a failover but the promotion itself: 50 ms to 1 hour. Default: 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Failures in a row that take a node out of sight: 1 to 100. Default: 3.</summary>
    public int Failures { get; set; } = 3;

    /// <summary>Successes in a row that bring it back: 1 to 100. Default: 2.</summary>
    public int Successes { get; set; } = 2;
}

/// <summary>What to do when a primary is gone.</summary>
public sealed class FailoverRecoveryOptions
{
    /// <summary>Whether to promote without being asked. Default: true. Otherwise <see cref="FailoverCoordinator.PromoteAsync"/> does.</summary>
    public bool AutoPromote { get; set; } = true;

    /// <summary>
    /// Whether to promote even when it isn't sure that all that was acknowledged is kept, and with fewer votes than exclude another coordinator. Default: false. For the day on which
    /// a shard is better off with a loss than without a primary: make sure by other means that the old primary and other coordinators are gone, and set it back.
    /// </summary>
    public bool AcceptLoss { get; set; }

    /// <summary>How long a promotion may take until the node takes writes, what it has received and not replayed included: 1 s to 1 hour. Default: 300 s.</summary>
    public TimeSpan PromotionTimeout { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>How often each other node is tried after a promotion, to attach it, or to fence it if it was the primary, before an alarm is raised: 1 to 1,000. Default: 10. Later health checks go on.</summary>
    public int ReconnectionTries { get; set; } = 10;

    /// <summary>Between these tries: 50 ms to 1 hour. Default: 5 s.</summary>
    public TimeSpan ReconnectionDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether nodes that have what the primary never had are rewound, which throws that away: needs an <see cref="INodeOperator"/>. Default: true.</summary>
    public bool AutoRejoin { get; set; } = true;
}

/// <summary>Beyond which values a node raises an alarm. None of them promotes.</summary>
public sealed class FailoverTriggerOptions
{
    /// <summary>How old a standby's data may be: 1 s to 7 days. Default: 30 s.</summary>
    public TimeSpan ReplicationLag { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>In percent, 1 to 100. Default: 90.</summary>
    public double Cpu { get; set; } = 90;

    /// <summary>In percent, 1 to 100. Default: 95.</summary>
    public double Memory { get; set; } = 95;

    /// <summary>In percent, 1 to 100. Default: 85.</summary>
    public double Disk { get; set; } = 85;
}
