namespace WebsiteBuilder.Data.Stores;

/// <summary>One column as it is stored.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The store's own name of its type, a domain's being that of the type below; empty if that isn't known.</param>
/// <param name="MustBeFilled">Whether an insert that doesn't name it fails: it takes no null and has no default.</param>
internal sealed record ColumnFacts(string Name, string Type, bool MustBeFilled);

/// <summary>One table as it is stored.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="HasKeys">Whether it can have keys of its own, which a view can't.</param>
/// <param name="Columns">All columns.</param>
/// <param name="Keys">The columns of each primary key or unique constraint that an upsert can go by.</param>
internal sealed record TableFacts(string Name, bool HasKeys, IReadOnlyList<ColumnFacts> Columns, IReadOnlyList<IReadOnlyList<string>> Keys);

/// <summary>What is stored in a database, apart from data.</summary>
/// <param name="Migrations">The checksums of the applied migrations by version; null if they may not be read.</param>
/// <param name="Tables">Those that exist of those that were asked for.</param>
internal sealed record SchemaFacts(IReadOnlyDictionary<int, string>? Migrations, IReadOnlyList<TableFacts> Tables);

/// <summary>An endpoint that can tell what its schema is.</summary>
internal interface ISchemaStore : IStoreEndpoint
{
    /// <summary>Reads the applied migrations, and what some tables look like to this client's role. Takes no lock that anybody waits for.</summary>
    Task<SchemaFacts> ReadSchemaAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken);
}
