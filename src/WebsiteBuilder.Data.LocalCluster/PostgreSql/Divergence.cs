using NpgsqlTypes;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Two nodes of one cluster that both take writes.</summary>
/// <param name="OldPrimary">The former primary: isolated, running, on the old timeline, with at least one commit of its own.</param>
/// <param name="NewPrimary">The promoted node, on a new timeline.</param>
/// <param name="Fork">Where the histories part: what the old primary has beyond this position the new one will never have.</param>
public sealed record Divergence(LocalNode OldPrimary, LocalNode NewPrimary, NpgsqlLogSequenceNumber Fork);
