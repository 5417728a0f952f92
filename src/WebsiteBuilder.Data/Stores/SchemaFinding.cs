namespace WebsiteBuilder.Data;

/// <summary>In what a database differs from what a client needs.</summary>
public enum SchemaFindingKind
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>A migration of this version isn't recorded as applied.</summary>
    MigrationMissing = 1,

    /// <summary>A migration was applied in another form than this version's.</summary>
    MigrationChanged = 2,

    /// <summary>The role may not read which migrations were applied.</summary>
    MigrationsUnreadable = 3,

    /// <summary>A map's table isn't there, or not where the role's search path leads.</summary>
    TableMissing = 4,

    /// <summary>A mapped column isn't there.</summary>
    ColumnMissing = 5,

    /// <summary>A column takes no null and has no default, and no map of the table fills it: inserts fail unless a trigger does.</summary>
    ColumnNotFilled = 6,

    /// <summary>No primary key or unique constraint has exactly the columns of a map's key: upserts fail.</summary>
    KeyNotUnique = 7,

    /// <summary>A column's type can't hold what the map stores in it.</summary>
    TypeMismatch = 8,
}

/// <summary>One difference between a database and what a client needs.</summary>
/// <param name="Shard">The shard's name.</param>
/// <param name="Kind">What differs.</param>
/// <param name="Table">The table, as the map names it; null for what concerns no map.</param>
/// <param name="Column">The column; null for what concerns more or less than one.</param>
/// <param name="Message">The difference in words, for people. Names migrations, tables, columns and types; never values or hosts.</param>
public sealed record SchemaFinding(string Shard, SchemaFindingKind Kind, string? Table, string? Column, string Message);
