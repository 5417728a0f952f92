using Dapper;
using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Contenders;

/// <summary>Dapper over a pooled data source.</summary>
internal static class DapperReads
{
    private const string Sql = "SELECT id, name, body, version FROM item WHERE id = @id";

    public static Contender Find(NpgsqlDataSource source, int workers, CancellationToken cancellationToken) => new(
        "Dapper",
        workers,
        worker =>
        {
            var keys = new Keys(worker);
            return async () =>
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                var row = await connection.QuerySingleAsync<Row>(new CommandDefinition(Sql, new { id = keys.Next() }, cancellationToken: cancellationToken));
                return row.Body.Length > 0 ? 1 : throw new InvalidOperationException("A row is missing.");
            };
        },
        source);

    private sealed record Row(long Id, string Name, string Body, long Version);
}
