namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The part that tells what the schema is.</summary>
internal sealed partial class PostgresEndpoint : ISchemaStore
{
    public Task<SchemaFacts> ReadSchemaAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken) =>
        _connections.AskAsync(static (place, tables, token) => SchemaReader.ReadAsync(place.Connection, tables, token), tables, cancellationToken);
}
