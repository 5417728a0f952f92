using System.Text.Json;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Specs.Published;

/// <summary>A published case of server selection in this library's words: servers are endpoints, modes and tags are wishes of the request.</summary>
internal sealed class PublishedCase
{
    private static readonly TimeSpan Now = TimeSpan.FromHours(2);
    private static readonly RegionId Here = RegionId.Parse("eu");
    public static readonly HealthPolicy Health = new(
        TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), FailuresToLeave: 3, SuccessesToReturn: 2, TimeSpan.FromMilliseconds(250));

    private readonly JsonElement _case;
    private readonly PublishedServer[] _servers;
    private readonly ShardTopology _topology;
    private readonly RouteRequest _request;

    public PublishedCase(JsonElement published)
    {
        _case = published;
        var description = published.GetProperty("topology_description");
        _servers = [.. description.GetProperty("servers").EnumerateArray().Select(static server => new PublishedServer(server))];
        var definitions = _servers.Select(static (server, i) => new EndpointDefinition(i, server.Address, Here) { Labels = server.Labels }).ToArray();
        Shard = new LiveShard(0, new ShardDefinition(new ShardId(StoreKind.PostgreSql, 1), "one", [], definitions), [.. definitions.Select(Node)]);
        var primary = Array.FindIndex(_servers, static server => server.Role == EndpointRole.Primary);
        _topology = new ShardTopology(
            Shard.Definition,
            primary < 0 ? ShardState.NoPrimary : ShardState.Writable,
            null,
            primary,
            [.. _servers.Select(static server => server.Role)],
            [.. _servers.Select(static server => server.Role == EndpointRole.Unknown ? EndpointHealth.Unknown : EndpointHealth.Healthy)]);
        _request = Request(description.GetProperty("type").GetString()!);
    }

    public LiveShard Shard { get; }

    /// <summary>The addresses that a property of the case lists.</summary>
    public string[] Listed(string property) =>
        [.. _case.GetProperty(property).EnumerateArray().Select(static server => server.GetProperty("address").GetString()!).Order(StringComparer.Ordinal)];

    /// <summary>The addresses that are chosen, by one draw or another, with a latency window.</summary>
    public string[] Chosen(TimeSpan window) =>
        [.. Enumerable.Range(0, 64 * 63).Select(random => Choose(window, (uint)random)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The address that one draw chooses; null for none.</summary>
    public string? Choose(TimeSpan window, uint random)
    {
        var policy = new RoutePolicy(Here, window);
        var plan = RoutePlanner.Plan(policy, Shard, _topology, _request, default, Now, random);
        if (IsEmpty(plan))
        {
            // As the engine does: when all are excluded, a new round begins without exclusions.
            plan = RoutePlanner.Plan(policy, Shard, _topology, _request with { Excluded = default }, default, Now, random);
        }

        return IsEmpty(plan) ? null : _servers[plan[0]].Address;
    }

    /// <summary>Where nothing is known to be healthy this library tries its luck and says so; the published cases select nothing.</summary>
    private static bool IsEmpty(RoutePlan plan) => plan.Count == 0 || plan.Reason.HasFlag(RouteReason.NoneHealthy);

    private RouteRequest Request(string topology)
    {
        var excluded = _case.TryGetProperty("deprioritized_servers", out var deprioritized)
            ? deprioritized.EnumerateArray().Aggregate(UInt128.Zero, (mask, server) => mask | (UInt128.One << IndexOf(server)))
            : default;
        if (!topology.StartsWith("ReplicaSet", StringComparison.Ordinal) || !_case.TryGetProperty("read_preference", out var preference))
        {
            // Whatever the mode, routers and single servers take everything: there is nothing to choose by but distance.
            return new RouteRequest(ConsistencyLevel.Eventual, default, default, excluded, Nodes: NodePreference.Nearest);
        }

        var mode = _case.TryGetProperty("operation", out var operation) && operation.GetString() == "write" ? "Primary"
            : preference.TryGetProperty("mode", out var said) ? said.GetString() : "Primary";
        var staleness = preference.TryGetProperty("maxStalenessSeconds", out var seconds) ? TimeSpan.FromSeconds(seconds.GetDouble()) : default;
        return new RouteRequest(
            mode == "Primary" ? ConsistencyLevel.Strong : staleness > TimeSpan.Zero ? ConsistencyLevel.BoundedStaleness : ConsistencyLevel.Eventual,
            staleness,
            default,
            excluded,
            Nodes: mode switch
            {
                "Primary" or "Nearest" => NodePreference.Nearest,
                "PrimaryPreferred" => NodePreference.PrimaryFirst,
                "Secondary" => NodePreference.ReplicasOnly,
                "SecondaryPreferred" => NodePreference.ReplicasFirst,
                _ => throw new InvalidDataException($"The mode {mode} is unknown."),
            },
            Labels: preference.TryGetProperty("tag_sets", out var sets) ? Labels(sets) : null);
    }

    private static LabelPreference? Labels(JsonElement sets)
    {
        LabelPreference? labels = null;
        foreach (var set in sets.EnumerateArray().Select(PublishedServer.LabelsOf))
        {
            labels = labels is null ? LabelPreference.First(set) : labels.Else(set);
        }

        return labels;
    }

    private int IndexOf(JsonElement server) => Array.FindIndex(_servers, known => known.Address == server.GetProperty("address").GetString());

    private ShardNode Node(EndpointDefinition definition)
    {
        var server = _servers[definition.Index];
        var vitals = new EndpointVitals(Health);
        if (server.RoundTrip is { } roundTrip)
        {
            vitals.Measured(roundTrip);
        }

        if (Staleness(server) is { } staleness)
        {
            vitals.AtPosition(1, Now, staleness);
        }

        return new ShardNode(definition, null!, vitals);
    }

    /// <summary>The specification's estimate. Selection takes it as given; this library measures it otherwise, see <see cref="PositionSamples"/>.</summary>
    private TimeSpan? Staleness(PublishedServer server)
    {
        if (server.Role != EndpointRole.Replica || server.LastWrite is not { } lastWrite)
        {
            return null;
        }

        var heartbeat = _case.TryGetProperty("heartbeatFrequencyMS", out var said) ? said.GetDouble() : 10_000;
        var behind = Array.Find(_servers, static other => other.Role == EndpointRole.Primary) is { } primary
            ? server.LastUpdate - lastWrite - (primary.LastUpdate - primary.LastWrite!.Value)
            : _servers.Where(static other => other.Role == EndpointRole.Replica).Max(static other => other.LastWrite!.Value) - lastWrite;
        return TimeSpan.FromMilliseconds(Math.Max(0, behind + heartbeat));
    }
}
