namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Where a node was at a moment.</summary>
/// <param name="Branch">The branch of the log that it was on.</param>
/// <param name="Replayed">How far it had replayed that; a primary has all.</param>
internal readonly record struct Whereabouts(int Branch, ulong Replayed);
