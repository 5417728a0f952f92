namespace WebsiteBuilder.Data.Stores;

/// <summary>A migration that this version ships.</summary>
internal sealed record ExpectedMigration(int Version, string Name, string Checksum);

/// <summary>A mapped column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its values.</param>
/// <param name="IsKey">Whether it is part of the map's key.</param>
/// <param name="IsVersion">Whether the library counts versions in it.</param>
/// <param name="IsJson">Whether it is mapped as JSON.</param>
internal sealed record ExpectedColumn(string Name, Type Type, bool IsKey = false, bool IsVersion = false, bool IsJson = false);

/// <summary>A map.</summary>
/// <param name="Table">Its table, as the map names it.</param>
/// <param name="Columns">All mapped columns.</param>
internal sealed record ExpectedTable(string Table, IReadOnlyList<ExpectedColumn> Columns);

/// <summary>What a client needs to find in one shard.</summary>
/// <param name="Shard">The shard's name.</param>
/// <param name="Migrations">The migrations that it ships.</param>
/// <param name="Maps">The maps whose data lives there; several may share a table.</param>
internal sealed record SchemaExpectations(string Shard, IReadOnlyList<ExpectedMigration> Migrations, IReadOnlyList<ExpectedTable> Maps)
{
    public IReadOnlyList<string> Tables { get; } = [.. Maps.Select(static map => map.Table).Distinct(StringComparer.Ordinal)];
}
