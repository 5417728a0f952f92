using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Where a unit of work runs: one shard, for one session.</summary>
internal sealed record UnitScope(DataTier Tier, int Shard, SessionState Session, IEntityRegistrations Entities)
{
    public ShardEngine Engine => Tier.Engines[Shard];
}
