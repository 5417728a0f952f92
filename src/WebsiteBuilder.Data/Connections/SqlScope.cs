using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Connections;

/// <summary>What all connections of one data source have in common. Immutable.</summary>
/// <param name="Engine">The shard.</param>
/// <param name="Session">The session that rides along.</param>
/// <param name="DataSet">The name in errors.</param>
/// <param name="Read">What opening a connection must keep.</param>
/// <param name="Write">What its commits must keep; null if it doesn't write.</param>
internal sealed record SqlScope(ShardEngine Engine, SessionState Session, string DataSet, ReadIntent Read, WriteIntent? Write)
{
    public bool Writes => Write is not null;

    /// <summary>Whether what connections show counts for the session.</summary>
    public bool Counts => Read.Level != ConsistencyLevel.Eventual;

    public string Operation(string what) => $"{DataSet}.sql-{what}";
}
