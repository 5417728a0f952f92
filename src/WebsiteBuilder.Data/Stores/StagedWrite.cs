namespace WebsiteBuilder.Data.Stores;

/// <summary>One write of a unit of work, whatever it writes.</summary>
internal abstract class StagedWrite
{
    /// <summary>Its name in errors, such as <c>users.insert</c>.</summary>
    public abstract string Name { get; }

    public abstract TResult Accept<TResult>(IStagedWriteVisitor<TResult> visitor);
}

/// <inheritdoc/>
internal sealed class StagedWrite<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write) : StagedWrite
    where TEntity : class
    where TKey : notnull
{
    public override string Name => write.NameIn(map);

    public override TResult Accept<TResult>(IStagedWriteVisitor<TResult> visitor) => visitor.Visit(map, write);
}

/// <summary>Gets to see a staged write with its types.</summary>
internal interface IStagedWriteVisitor<out TResult>
{
    TResult Visit<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull;
}
