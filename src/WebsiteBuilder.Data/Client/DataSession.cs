using System.Data.Common;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Client;

/// <summary>A session: its state, and repositories that ride on it.</summary>
internal sealed class DataSession(DataTier tier, EntityRegistry entities, SessionState state) : IDataSession
{
    public SessionToken Token => state.Token;

    public void Merge(SessionToken other) => state.Merge(other);

    public IRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull => entities.Open<TEntity, TKey>(tier, state);

    public DbDataSource CreateDataSource(string dataSet, OperationIntent intent, ReadOptions? options = null) =>
        throw new NotSupportedException("Routed ADO.NET connections are not part of this version; use repositories.");
}
