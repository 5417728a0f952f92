namespace WebsiteBuilder.Data.Stores;

/// <summary>What a comparison found.</summary>
/// <param name="Findings">The differences: migrations first, then map by map.</param>
/// <param name="Unknown">The versions of applied migrations that this client doesn't know, because it is older than they are. No difference: migrations only add.</param>
internal sealed record SchemaComparison(IReadOnlyList<SchemaFinding> Findings, IReadOnlyList<int> Unknown);

/// <summary>Compares what is stored with what a client needs. Pure.</summary>
internal static class SchemaDrift
{
    public static SchemaComparison Find(SchemaFacts facts, SchemaExpectations expected)
    {
        var findings = new List<SchemaFinding>();
        Migrations(facts.Migrations, expected, findings);
        foreach (var table in expected.Maps.GroupBy(static map => map.Table, StringComparer.Ordinal))
        {
            if (facts.Tables.FirstOrDefault(found => found.Name == table.Key) is { } found)
            {
                Table(found, [.. table], expected.Shard, findings);
            }
            else
            {
                findings.Add(new(expected.Shard, SchemaFindingKind.TableMissing, table.Key, null, $"the table {table.Key} is missing, or not on the role's search_path"));
            }
        }

        var shipped = expected.Migrations.Select(static migration => migration.Version).ToHashSet();
        return new SchemaComparison(
            [.. findings.Distinct()], [.. (facts.Migrations?.Keys ?? []).Where(version => !shipped.Contains(version)).Order()]);
    }

    /// <summary>The first findings in one line.</summary>
    public static string Describe(IReadOnlyList<SchemaFinding> findings, int most)
    {
        var said = string.Join("; ", findings.Take(most).Select(static finding => finding.Message));
        return findings.Count <= most ? said : $"{said}; and {findings.Count - most} more";
    }

    private static void Migrations(IReadOnlyDictionary<int, string>? applied, SchemaExpectations expected, List<SchemaFinding> findings)
    {
        if (applied is null)
        {
            findings.Add(new(
                expected.Shard, SchemaFindingKind.MigrationsUnreadable, null, null, "the role may not read wbd.migration: grant it SELECT"));
            return;
        }

        foreach (var migration in expected.Migrations)
        {
            if (!applied.TryGetValue(migration.Version, out var checksum))
            {
                findings.Add(new(expected.Shard, SchemaFindingKind.MigrationMissing, null, null, $"the migration {migration.Name} is missing"));
            }
            else if (!string.Equals(checksum, migration.Checksum, StringComparison.Ordinal))
            {
                findings.Add(new(expected.Shard, SchemaFindingKind.MigrationChanged, null, null, $"the migration {migration.Name} was applied in another form"));
            }
        }
    }

    private static void Table(TableFacts found, ExpectedTable[] maps, string shard, List<SchemaFinding> findings)
    {
        var stored = found.Columns.ToDictionary(static column => column.Name, StringComparer.Ordinal);
        foreach (var column in maps.SelectMany(static map => map.Columns))
        {
            if (!stored.TryGetValue(column.Name, out var facts))
            {
                Add(SchemaFindingKind.ColumnMissing, column.Name, $"the column {found.Name}.{column.Name} is missing");
            }
            else if (SchemaTypes.Contradiction(column, facts.Type) is { } needed)
            {
                Add(SchemaFindingKind.TypeMismatch, column.Name, $"the column {found.Name}.{column.Name} is of the type {facts.Type}, and the map needs {needed}");
            }
        }

        // A second map of a table is often a narrow view of it that nobody inserts by, so what one of them fills counts as filled.
        var filled = maps.SelectMany(static map => map.Columns).Select(static column => column.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var column in found.Columns.Where(column => column.MustBeFilled && !filled.Contains(column.Name)))
        {
            Add(SchemaFindingKind.ColumnNotFilled, column.Name, $"the column {found.Name}.{column.Name} takes no null, has no default, and isn't mapped, so inserts fail");
        }

        foreach (var map in maps.Where(_ => found.HasKeys))
        {
            var key = map.Columns.Where(static column => column.IsKey).Select(static column => column.Name).ToHashSet(StringComparer.Ordinal);
            if (key.All(stored.ContainsKey) && !found.Keys.Any(key.SetEquals))
            {
                Add(
                    SchemaFindingKind.KeyNotUnique,
                    key.Count == 1 ? key.Single() : null,
                    $"the table {found.Name} has no primary key or unique constraint over exactly ({string.Join(", ", key)}), so upserts fail");
            }
        }

        void Add(SchemaFindingKind kind, string? column, string message) => findings.Add(new(shard, kind, found.Name, column, message));
    }
}
