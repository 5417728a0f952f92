using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Routing;

/// <summary>
/// What counts before distance. Of two nodes that may answer the one with the lower rank is asked first, however far it is. Too stale weighs more than
/// drained, drained more than set aside for being slow, that more than the wrong role, and that more than a later set of labels.
/// </summary>
internal static class RouteRank
{
    /// <summary>The node isn't asked at all.</summary>
    public const int Never = -1;

    private const int TooOld = 2_048;
    private const int Drained = 1_024;
    private const int SetAside = 512;
    private const int OtherRole = 256;

    // More than any round trip or wait, and few enough ticks for the highest rank.
    private const long Step = 365 * TimeSpan.TicksPerDay;

    public static long Cost(int rank, TimeSpan time) => (rank * Step) + time.Ticks;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(EndpointDefinition endpoint, bool isPrimary, bool isTooOld, bool isSetAside, in RouteRequest request)
    {
        var rank = (isTooOld ? TooOld : 0) + Usual(endpoint, isSetAside);
        return request.Prefers ? AsPreferred(rank, endpoint, isPrimary, request) : rank;
    }

    /// <summary>The rank for a request that prefers nobody and takes any age.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Usual(EndpointDefinition endpoint, bool isSetAside) => (endpoint.Weight == 0 ? Drained : 0) + (isSetAside ? SetAside : 0);

    private static int AsPreferred(int rank, EndpointDefinition endpoint, bool isPrimary, in RouteRequest request)
    {
        switch (request.Nodes)
        {
            case NodePreference.PrimaryFirst when isPrimary:
                return rank;
            case NodePreference.ReplicasOnly when isPrimary:
                return Never;
            case NodePreference.ReplicasFirst when isPrimary:
                return rank + OtherRole;
            case NodePreference.PrimaryFirst:
                rank += OtherRole;
                break;
        }

        return request.Labels is not { } labels ? rank
            : labels.IndexOf(endpoint.Labels) is >= 0 and var place ? rank + place
            : Never;
    }
}
