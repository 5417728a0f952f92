namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The part that tells what the schema is.</summary>
internal sealed partial class PostgresEndpoint : ISchemaStore
{
    public async Task<SchemaFacts> ReadSchemaAsync(IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        var place = await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            try
            {
                return await SchemaReader.ReadAsync(place.Connection, tables, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                throw PostgresFaults.Reading(exception, cancellationToken);
            }
        }
    }
}
