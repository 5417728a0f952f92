using System.Globalization;
using System.Text.Json;

namespace WebsiteBuilder.Data.Specs.Published;

/// <summary>A server of a published case.</summary>
internal sealed class PublishedServer(JsonElement server)
{
    public string Address { get; } = server.GetProperty("address").GetString()!;

    /// <summary>Routers and load balancers count as replicas of which each has everything; a standalone server as a primary.</summary>
    public EndpointRole Role { get; } = server.GetProperty("type").GetString() switch
    {
        "RSPrimary" or "Standalone" => EndpointRole.Primary,
        "RSSecondary" or "Mongos" or "LoadBalancer" => EndpointRole.Replica,
        _ => EndpointRole.Unknown,
    };

    public TimeSpan? RoundTrip { get; } =
        server.TryGetProperty("avg_rtt_ms", out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds.GetDouble()) : null;

    public double LastUpdate { get; } = server.TryGetProperty("lastUpdateTime", out var time) ? time.GetDouble() : 0;

    public double? LastWrite { get; } = server.TryGetProperty("lastWrite", out var write)
        ? double.Parse(write.GetProperty("lastWriteDate").GetProperty("$numberLong").GetString()!, CultureInfo.InvariantCulture)
        : null;

    public (string Name, string Value)[] Labels { get; } = server.TryGetProperty("tags", out var tags) ? LabelsOf(tags) : [];

    public static (string Name, string Value)[] LabelsOf(JsonElement tags) =>
        [.. tags.EnumerateObject().Select(static tag => (tag.Name, tag.Value.GetString()!))];
}
