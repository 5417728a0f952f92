using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Reads what a database's tables look like, out of catalogs that every role may read. Of names without a schema, the role's search path
/// says which table is meant, as it does for statements.
/// </summary>
internal static class SchemaReader
{
    private const string MayReadMigrations =
        """
        SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'wbd' AND c.relname = 'migration'
        """;

    private const string Asked =
        """
        FROM unnest($1, $2) WITH ORDINALITY AS asked (schema, name, place)
        JOIN pg_class c ON c.relname = asked.name::name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        JOIN pg_namespace n ON n.oid = c.relnamespace
            AND CASE asked.schema WHEN '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = asked.schema::name END

        """;

    private const string Columns =
        $"""
        SELECT asked.place::int - 1, c.relkind IN ('r', 'p'), a.attname::text,
            coalesce(CASE t.typtype WHEN 'd' THEN CASE base.typtype WHEN 'd' THEN '' ELSE base.typname::text END ELSE t.typname::text END, ''),
            coalesce((a.attnotnull OR t.typnotnull) AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL, false)
        {Asked}
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_type base ON base.oid = t.typbasetype
        ORDER BY asked.place, a.attnum
        """;

    // What ON CONFLICT can infer: valid, not deferrable, over all rows, of plain columns, whatever else the index includes.
    private const string Keys =
        $"""
        SELECT asked.place::int - 1, array_agg(a.attname::text)
        {Asked}
        JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
        GROUP BY asked.place, i.indexrelid
        """;

    public static async Task<SchemaFacts> ReadAsync(NpgsqlConnection connection, IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        bool? readable = null;
        var columns = new (bool HasKeys, List<ColumnFacts> Columns, List<string[]> Keys)?[tables.Count];
        var batch = new NpgsqlBatch(connection)
        {
            BatchCommands = { new NpgsqlBatchCommand(MayReadMigrations), About(Columns, tables), About(Keys, tables) },
        };
        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    readable = reader.GetBoolean(0);
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    ref var table = ref columns[reader.GetInt32(0)];
                    table ??= (reader.GetBoolean(1), [], []);
                    table.Value.Columns.Add(new ColumnFacts(reader.GetString(2), reader.GetString(3), reader.GetBoolean(4)));
                }

                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    columns[reader.GetInt32(0)]?.Keys.Add(await reader.GetFieldValueAsync<string[]>(1, cancellationToken).ConfigureAwait(false));
                }
            }
        }

        var facts = columns.SelectMany((table, i) => table is { } found ? [new TableFacts(tables[i], found.HasKeys, found.Columns, found.Keys)] : Array.Empty<TableFacts>());
        var migrations = readable switch
        {
            null => [],
            false => null,
            true => await PostgresMigrator.AppliedAsync(connection, cancellationToken).ConfigureAwait(false),
        };
        return new SchemaFacts(migrations, [.. facts]);
    }

    private static NpgsqlBatchCommand About(string sql, IReadOnlyList<string> tables)
    {
        var names = tables.Select(static table => table.Split('.', 2)).ToArray();
        return new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. names.Select(static parts => parts.Length == 2 ? parts[0] : "")] },
                new NpgsqlParameter<string[]> { TypedValue = [.. names.Select(static parts => parts[^1])] },
            },
        };
    }
}
