namespace WebsiteBuilder.Data.Routing;

/// <summary>What the planner goes by. Immutable.</summary>
/// <param name="LocalRegion">Where this process runs.</param>
/// <param name="LatencyWindow">Endpoints whose expected answer comes at most this much later than the fastest one's share the load.</param>
internal sealed record RoutePolicy(RegionId LocalRegion, TimeSpan LatencyWindow);
