namespace WebsiteBuilder.Data;

/// <summary>
/// Settings of a client, as configuration binds them. Checked as a whole when the client is built, then copied: later changes have no effect.
/// </summary>
public sealed class DataOptions
{
    /// <summary>The region that this process runs in, such as <c>eu-west-1</c>. Required.</summary>
    public string LocalRegion { get; set; } = "";

    /// <summary>The shards: 1 to 1,024. Default: none, which is refused.</summary>
    public IList<ShardOptions> Shards { get; } = [];

    /// <summary>The level of reads for which neither call nor policy says one. Default: <see cref="ConsistencyLevel.Session"/>.</summary>
    public ConsistencyLevel DefaultConsistency { get; set; } = ConsistencyLevel.Session;

    /// <summary>The bound of <see cref="ConsistencyLevel.BoundedStaleness"/> reads that don't say one: 0 to 7 days. Default: 5 s.</summary>
    public TimeSpan DefaultMaxStaleness { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The durability of writes for which neither call nor policy says one. Default: <see cref="WriteDurability.RemoteFlush"/>, the server's own.</summary>
    public WriteDurability DefaultDurability { get; set; } = WriteDurability.RemoteFlush;

    /// <summary>The limit of operations that don't say one: above 0, up to 1 hour. Default: 10 s.</summary>
    public TimeSpan DefaultTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What to do if a shard's database isn't what this version and the registered maps need: migrations, tables, columns, keys, types. It is
    /// compared in the background, when the shard's primary is first met. Default: <see cref="SchemaDriftResponse.Warn"/>.
    /// </summary>
    public SchemaDriftResponse SchemaDrift { get; set; } = SchemaDriftResponse.Warn;

    /// <summary>How endpoints are chosen.</summary>
    public RoutingOptions Routing { get; } = new();

    /// <summary>How endpoints are watched.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>How connections are shared out.</summary>
    public PoolOptions Pools { get; } = new();

    /// <summary>Whether session tokens are signed.</summary>
    public SessionTokenOptions SessionTokens { get; } = new();

    /// <summary>Where names that are unique over all territories are kept. Default: nowhere.</summary>
    public DirectoryOptions Directory { get; } = new();
}

/// <summary>One shard: one replicated database with one primary at a time.</summary>
public sealed class ShardOptions
{
    /// <summary>The shard's number, 0 to 16,383. It travels in session tokens: never give a number to another database. Required.</summary>
    public int? Number { get; set; }

    /// <summary>The shard's name, unique, such as <c>emea</c>. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>The territories whose data the shard holds; each belongs to one shard. Default: none.</summary>
    public IList<string> Territories { get; } = [];

    /// <summary>The nodes, primary and replicas alike; which is which is found out. 1 to 128.</summary>
    public IList<EndpointOptions> Endpoints { get; } = [];
}

/// <summary>One node of a shard.</summary>
public sealed class EndpointOptions
{
    /// <summary>The node's name in results and messages, unique within the shard. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>The region that it runs in. Required.</summary>
    public string Region { get; set; } = "";

    /// <summary>
    /// An Npgsql connection string to this one node: straight to the server, or to its pooler if <see cref="Pooler"/> says so. The role needs
    /// <c>pg_monitor</c> and <c>REPLICATION</c>. Pool size, preparing, reset and timeouts are the library's business and overridden. Required.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// What stands between <see cref="ConnectionString"/> and the server. Default: <see cref="ConnectionPooler.None"/>. If something stands
    /// there and isn't set here, the node isn't used, and log event 9 and <see cref="NoEligibleRegionException.Excluded"/> say so.
    /// </summary>
    public ConnectionPooler Pooler { get; set; }

    /// <summary>
    /// With a <see cref="Pooler"/>: an Npgsql connection string straight to the same server, for what a shared server connection can't carry:
    /// histories (a replication connection), data sources (<see cref="IDataSession.CreateDataSource"/>) and migrations. Required then, and
    /// refused otherwise. Default: empty.
    /// </summary>
    public string DirectConnectionString { get; set; } = "";

    /// <summary>
    /// The REST API of the Patroni that runs beside this node, such as <c>http://10.0.0.1:8008</c>: http or https, with nothing behind the port. Members that have one are asked, one at a time, who
    /// leads, every <see cref="HealthOptions.PatroniInterval"/>, and a change, or a leader that isn't the node that this client writes at, has all nodes probed at once. Nothing else follows from it:
    /// who is primary is what nodes prove, with Patroni and without it. A leader is recognized by the endpoint's <see cref="Name"/>, if it is the member's, or by this address, if it is the one that
    /// Patroni tells of itself (<c>restapi.connect_address</c>). TLS as the platform trusts it, without client certificates, credentials, proxies and redirects. Default: none.
    /// </summary>
    public Uri? PatroniUrl { get; set; }

    /// <summary>The most connections to this node: 1 to 1,000, one for each operation at a time; probes and samples use them too. Default: 16.</summary>
    public int MaxPoolSize { get; set; } = 16;

    /// <summary>
    /// The most connections to this node that data sources (<see cref="IDataSession.CreateDataSource"/>) hand out at a time, apart from
    /// <see cref="MaxPoolSize"/>: 1 to 1,000. Default: 16.
    /// </summary>
    public int MaxSqlPoolSize { get; set; } = 16;

    /// <summary>
    /// The node's share of the reads that it could answer as soon as others: 0 to 100, relative to the others' weights. Default: 1. With 0 it is read only when nothing else
    /// is left, which takes load off a node before it is taken down. Writes, and reads that must be at the primary, go to the primary whatever its weight.
    /// </summary>
    public int Weight { get; set; } = 1;

    /// <summary>What the node is like or for, such as <c>purpose</c> = <c>reports</c>; reads ask for labels by <see cref="ReadOptions.Labels"/>. At most 16. Default: none.</summary>
    public IDictionary<string, string> Labels { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>How endpoints are chosen, and asked.</summary>
public sealed class RoutingOptions
{
    /// <summary>
    /// Among endpoints whose answer is expected at most this much later than the fastest one's, replicas of the local region share the load;
    /// without any, other replicas do; the primary comes last. 0 to 1 s. Default: 15 ms.
    /// </summary>
    public TimeSpan LatencyWindow { get; set; } = TimeSpan.FromMilliseconds(15);

    /// <summary>How long a node may keep a read while another one could be asked: 10 ms to 1 hour. Default: 3 s. Counts as a failure of the node.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The most that is asked again after failures, as a share of what was asked lately (some ten seconds): 0 to 1. Default: 0.1; ten in a second are always allowed. A read that may not ask again
    /// waits for news or for others' successes, to its deadline. What was sent for many callers together counts once, and a write that goes to another primary doesn't.
    /// </summary>
    public double RetryShare { get; set; } = 0.1;

    /// <summary>
    /// Whether a read that takes longer than 19 of 20 at its node asks a second node, too, and takes the first good answer: see <see cref="RouteReason.Hedged"/>. Default: true. Strong reads have
    /// one node to ask. <see cref="DataClient.HedgesReads"/> switches it while the client runs.
    /// </summary>
    public bool HedgeReads { get; set; } = true;

    /// <summary>No read asks a second node sooner than that: 1 ms to 1 hour. Default: 2 ms.</summary>
    public TimeSpan HedgeMinDelay { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The most reads that ask a second node, as a share of what was asked lately: 0 to 1. Default: 0.05; one in a second is always allowed. None while a node throttles.</summary>
    public double HedgeShare { get; set; } = 0.05;

    /// <summary>
    /// How many writes may wait, to their deadlines, while a shard has no primary: 0 to 1,000,000. Default: 10,000. More fail at once, with <see cref="ThrottledException"/>.
    /// </summary>
    public int MaxWaitingWrites { get; set; } = 10_000;
}

/// <summary>How endpoints are watched.</summary>
public sealed class HealthOptions
{
    /// <summary>
    /// Between probes of a node that is well: 50 ms to 1 hour, spread by half. Default: 30 s; live traffic counts as evidence in between,
    /// and a failure asks for a probe at once.
    /// </summary>
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Between probes of a node that is unhealthy, unknown, behind, or whose round trips disagree: 50 ms to 1 hour, spread by half, and not
    /// longer than <see cref="ProbeInterval"/>. Default: 1 s.
    /// </summary>
    public TimeSpan RecheckInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>For one probe, and, in whole seconds rounded up, for making or getting a connection: 50 ms to 1 hour. Default: 10 s.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Failures in a row, of probes and live traffic alike, that take a node out of rotation: 1 to 100. Default: 3.</summary>
    public int FailuresToLeave { get; set; } = 3;

    /// <summary>Successes in a row that bring it back: 1 to 100. Default: 2. One is enough for a node whose health is unknown.</summary>
    public int SuccessesToReturn { get; set; } = 2;

    /// <summary>
    /// How long a node may say nothing at all, to nobody, while somebody waits for it: 50 ms to 1 hour. Default: 200 ms, and ten round trips of a node that is far. After three eighths of that it is
    /// pinged, by a tiny question over a connection of its own; if that isn't answered either, the node is out of rotation at once, whatever <see cref="FailuresToLeave"/> says. Queries that take
    /// longer do no harm as long as the node answers the ping. Pauses of this process don't count.
    /// </summary>
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// For how long a node that was out of rotation must be seen to be well, by <see cref="SuccessesToReturn"/> successes at least, before it is back: 0 to 1 hour. Default: 0. The primary, which nobody
    /// can stand in for, is back without it.
    /// </summary>
    public TimeSpan ReturnDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// The longest that a replica is held back because it fails again and again: 1 s to 1 day, and not less than <see cref="ReturnDelay"/>. Default: 1 minute. Each time that it fails within this time after
    /// its return, the time for which it must be seen to be well doubles, beginning with <see cref="RecheckInterval"/> or twice <see cref="ReturnDelay"/>. The same limit holds for replicas that are set aside (<see cref="SlowFactor"/>).
    /// </summary>
    public TimeSpan LongestHold { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A replica whose answers to reads, the way not counted, usually take so many times longer than those of its peers in the middle, and at least so many times 5 ms, is asked after all others
    /// for 10 s, then 20 s, and so on: 1.5 to 1,000. Default: 4. It takes 16 answers of late to judge a replica, or to judge by one. Never all are set aside, nor the primary.
    /// </summary>
    public double SlowFactor { get; set; } = 4;

    /// <summary>
    /// Between samples of a primary's log position, by which staleness is bounded: 10 ms to 1 minute, spread by half. Default: 250 ms. A
    /// replica's proven staleness is counted from the newest sample that it has replayed. 4,096 samples are kept; the oldest limits the ages
    /// that can be told.
    /// </summary>
    public TimeSpan PositionSampleInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Between questions to Patroni (<see cref="EndpointOptions.PatroniUrl"/>), of which each makes it read its store once: 100 ms to 1 hour, spread by half. Default: 5 s. While Patroni names another
    /// leader than the node that this client writes at, <see cref="RecheckInterval"/> if that is shorter. A member gets 2 s for an answer, <see cref="ProbeTimeout"/> if that is shorter.
    /// </summary>
    public TimeSpan PatroniInterval { get; set; } = TimeSpan.FromSeconds(5);
}
