using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Where a unit of work runs: one shard, for one session.</summary>
internal sealed record UnitScope(DataTier Tier, int Shard, SessionState Session, IEntityRegistrations Entities);

/// <summary>A unit of work as its body sees it.</summary>
internal sealed class UnitOfWork(TransactionRun run, UnitScope scope) : IUnitOfWork
{
    public IUnitOfWorkRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull => new UnitOfWorkRepository<TEntity, TKey>(run, scope.Entities.Find<TEntity, TKey>(), scope);
}
