using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Connections;

/// <summary>The errors that only connections have; the others are the engine's.</summary>
internal static class SqlErrors
{
    public static AmbiguousWriteException Ambiguous(SqlScope scope, ShardNode node, Exception inner) =>
        new("The connection was lost, or time ran out, while a commit was on its way: it may have been applied. Read before writing again.", inner)
        {
            Disposition = WriteDisposition.Ambiguous,
            Shard = scope.Engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = scope.Operation("commit"),
            Attempts = 1,
        };

    public static NoEligibleRegionException NoLongerPrimary(SqlScope scope, ShardTopology topology, ShardNode node) =>
        new(
            "The node that this connection leads to is no longer the shard's primary, so nothing was committed. Open a new connection and begin again.",
            Eligibility.Excluded(topology, ConsistencyLevel.Strong, default))
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = scope.Engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = scope.Operation("commit"),
        };

    public static ThrottledException NoPlace(SqlScope scope, DataTierException inner) =>
        new("All connections for users' SQL to the nodes that may answer are taken. Close connections sooner, or raise MaxSqlPoolSize.", inner)
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = scope.Engine.Shard.Definition.Id,
            Region = inner.Region,
            Operation = scope.Operation("open"),
            Attempts = inner.Attempts,
        };

    public static NotSupportedException NoAmbientTransaction() =>
        new("A routed connection can't join a System.Transactions transaction; begin one on the connection, and suppress the scope.");
}
