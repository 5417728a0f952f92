using Microsoft.Extensions.Logging;

namespace WebsiteBuilder.Data.Diagnostics;

/// <summary>All log messages. They name shards, endpoints by their configured names, and positions; never hosts, keys or values.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Shard {Shard}: {State}, primary {Primary} on history {History}")]
    public static partial void TopologyChanged(ILogger logger, string shard, ShardState state, string primary, string history);

    [LoggerMessage(2, LogLevel.Critical, "Shard {Shard}: {State}; writes stop until only one node claims to be primary, on a history that has all that was acknowledged at quorum durability")]
    public static partial void WritesStopped(ILogger logger, string shard, ShardState state);

    [LoggerMessage(3, LogLevel.Warning, "Shard {Shard}: endpoint {Endpoint} is {Health}")]
    public static partial void HealthChanged(ILogger logger, string shard, string endpoint, EndpointHealth health);

    [LoggerMessage(4, LogLevel.Warning, "Shard {Shard}: writes acknowledged between {Switch} and {Acknowledged} were lost by the promotion to history {History}; sessions that depend on them will be told")]
    public static partial void WritesLost(ILogger logger, string shard, ulong @switch, ulong acknowledged, string history);

    [LoggerMessage(5, LogLevel.Debug, "Shard {Shard}: probe of endpoint {Endpoint} failed: {Reason}")]
    public static partial void ProbeFailed(ILogger logger, string shard, string endpoint, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Shard {Shard}: the history of endpoint {Endpoint} can't be read ({Reason}); the role needs pg_monitor and REPLICATION, and the schema must be migrated. The endpoint answers no verified reads until then")]
    public static partial void HistoryUnreadable(ILogger logger, string shard, string endpoint, string reason);

    [LoggerMessage(8, LogLevel.Debug, "Shard {Shard}: old operation rows couldn't be swept: {Reason}; tried again in some minutes")]
    public static partial void SweepFailed(ILogger logger, string shard, string reason);

    [LoggerMessage(9, LogLevel.Error, "Shard {Shard}: endpoint {Endpoint} is {Problem}")]
    public static partial void SetUpWrongly(ILogger logger, string shard, string endpoint, string problem);

    [LoggerMessage(10, LogLevel.Warning, "Shard {Shard}: a connection to endpoint {Endpoint} of a data source for {DataSet} has been open for {Limit}, {Reader}. If nothing is at work on it, look for a connection, transaction or reader of that data source that isn't disposed of")]
    public static partial void ConnectionHeld(ILogger logger, string shard, string endpoint, string dataSet, TimeSpan limit, string reader);

    [LoggerMessage(11, LogLevel.Warning, "Shard {Shard}: the schema isn't what this client needs: {Findings}{Consequence}. Run DataClient.MigrateAsync and the application's own migrations, or correct the maps")]
    public static partial void SchemaDiffers(ILogger logger, string shard, string findings, string consequence);

    [LoggerMessage(12, LogLevel.Information, "Shard {Shard}: migrations were applied that this client doesn't know ({Versions}): it is older than the schema, which migrations only add to")]
    public static partial void SchemaIsNewer(ILogger logger, string shard, string versions);

    [LoggerMessage(13, LogLevel.Warning, "Shard {Shard}: the schema couldn't be compared with what this client needs: {Reason}; tried again later")]
    public static partial void SchemaUnreadable(ILogger logger, string shard, string reason);

    [LoggerMessage(14, LogLevel.Information, "Shard {Shard}: the schema is what this client needs now")]
    public static partial void SchemaFits(ILogger logger, string shard);

    [LoggerMessage(15, LogLevel.Warning, "Shard {Shard}: endpoint {Endpoint} says nothing for {Limit} or longer although it is waited for, and answers no ping; it is out of rotation until it answers probes")]
    public static partial void NodeSilent(ILogger logger, string shard, string endpoint, TimeSpan limit);

    [LoggerMessage(16, LogLevel.Warning, "Shard {Shard}: endpoint {Endpoint} is {Change}")]
    public static partial void SetAside(ILogger logger, string shard, string endpoint, string change);

    [LoggerMessage(17, LogLevel.Warning, "Shard {Shard}: Patroni answers at none of the addresses that were asked; promotions are found out by probes and traffic, as without it")]
    public static partial void EngineSilent(ILogger logger, string shard);

    [LoggerMessage(18, LogLevel.Information, "Shard {Shard}: Patroni says: leader {Leader}, timeline {Timeline}, paused: {IsPaused}, a switchover is scheduled: {IsScheduled}")]
    public static partial void EngineSays(ILogger logger, string shard, string leader, long timeline, bool isPaused, bool isScheduled);

    [LoggerMessage(19, LogLevel.Warning, "Shard {Shard}: Patroni's leader is {Leader}, and {Primary} takes writes; all nodes are probed until they agree. If it lasts, Patroni doesn't run beside {Primary} any more, the leader isn't promoted, or PatroniUrl leads to another cluster")]
    public static partial void EngineDisagrees(ILogger logger, string shard, string leader, string primary);

    [LoggerMessage(20, LogLevel.Warning, "Shard {Shard}: failover, {Step} {Endpoint} at {Position}; acknowledged writes may be lost: {MayHaveLost}")]
    public static partial void FailoverStepDone(ILogger logger, string shard, string step, string endpoint, ulong position, bool mayHaveLost);

    [LoggerMessage(21, LogLevel.Critical, "Shard {Shard}: nobody is promoted: {Refusal}; {Counted} standbys count and {Needed} are needed. {Detail}")]
    public static partial void FailoverRefused(ILogger logger, string shard, string refusal, int counted, int needed, string detail);

    [LoggerMessage(22, LogLevel.Warning, "Shard {Shard}: failover, {Step} at endpoint {Endpoint}: {Detail}")]
    public static partial void FailoverFailed(ILogger logger, string shard, string step, string endpoint, string detail);

    [LoggerMessage(23, LogLevel.Warning, "Shard {Shard}: triggers raised for endpoint {Endpoint}: {Triggers}")]
    public static partial void TriggersChanged(ILogger logger, string shard, string endpoint, string triggers);

    [LoggerMessage(24, LogLevel.Error, "Shard {Shard}: the coordinator failed unexpectedly and goes on")]
    public static partial void CoordinatorFailed(ILogger logger, Exception exception, string shard);

    [LoggerMessage(25, LogLevel.Debug, "Shard {Shard}: the metrics of endpoint {Endpoint} couldn't be read: {Reason}")]
    public static partial void MetricsFailed(ILogger logger, string shard, string endpoint, string reason);

    [LoggerMessage(7, LogLevel.Error, "Shard {Shard}: monitoring failed unexpectedly and goes on")]
    public static partial void MonitorFailed(ILogger logger, Exception exception, string shard);

    [LoggerMessage(30, LogLevel.Error, "A shopping cart had changes that PostgreSQL hasn't got, and is gone from Redis: evicted, or deleted by somebody else. Use noeviction")]
    public static partial void CartLost(ILogger logger);

    [LoggerMessage(31, LogLevel.Warning, "Shopping carts that wait in vain: {Refused} refused, {NotDurable} that reached fewer standbys than CartPolicy.RowDurability asks for. They stay in Redis until that changes")]
    public static partial void CartsWait(ILogger logger, int refused, int notDurable);

    [LoggerMessage(32, LogLevel.Debug, "A shopping cart can't be brought to PostgreSQL: {Reason}")]
    public static partial void CartRefused(ILogger logger, string reason);

    [LoggerMessage(33, LogLevel.Warning, "Global keys of region {Region}: {Refused} of the last copy's entries have stamps further ahead of the local clock than GlobalKeysPolicy.MaxClockSkew, and wait until it has come so far. If there are any, compare the clocks of both regions' Redis")]
    public static partial void GlobalKeysRefused(ILogger logger, string region, long refused);

    [LoggerMessage(34, LogLevel.Error, "Global keys of region {Region}: out of touch, one of both regions may have forgotten a deletion that the other never heard of: {IsOut}. If so, nothing is copied from there until the one that was away, or whose clock was wrong, begins anew (GlobalKeys.BeginAnewAsync)")]
    public static partial void GlobalKeysOutOfTouch(ILogger logger, string region, bool isOut);

    [LoggerMessage(35, LogLevel.Warning, "A shopping cart whose territory isn't the store's any more was removed from Redis with what PostgreSQL hasn't got of it")]
    public static partial void CartPurged(ILogger logger);
}
