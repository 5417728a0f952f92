using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>Explains, once something has failed, why endpoints were passed over.</summary>
internal static class Eligibility
{
    public static IReadOnlyDictionary<string, int> Excluded(
        ShardTopology topology, ConsistencyLevel level, RegionId only, NodePreference nodes = default, LabelPreference? labels = null)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var endpoint in topology.Definition.Endpoints)
        {
            var why = !only.IsUnspecified && endpoint.Region != only ? "not in the requested region"
                : topology.Problems[endpoint.Index] is { } problem ? problem
                : topology.Roles[endpoint.Index] == EndpointRole.Superseded ? "on a superseded history"
                : topology.Roles[endpoint.Index] == EndpointRole.Unknown ? "never answered"
                : topology.State is ShardState.TwinPrimaries or ShardState.HistoryRefused ? $"writes stopped ({topology.State})"
                : level == ConsistencyLevel.Strong && topology.Roles[endpoint.Index] != EndpointRole.Primary ? "not the primary"
                : level != ConsistencyLevel.Strong && nodes == NodePreference.ReplicasOnly && topology.Roles[endpoint.Index] == EndpointRole.Primary ? "not a replica"
                : level != ConsistencyLevel.Strong && labels?.IndexOf(endpoint.Labels) < 0
                    && !(topology.Roles[endpoint.Index] == EndpointRole.Primary && nodes is (NodePreference.ReplicasFirst or NodePreference.PrimaryFirst))
                    ? "without the requested labels"
                : topology.Health[endpoint.Index] == EndpointHealth.Unhealthy ? "unhealthy"
                : topology.History is null ? "history not confirmed"
                : "not ready in time";
            counts[why] = counts.GetValueOrDefault(why) + 1;
        }

        return counts;
    }
}
