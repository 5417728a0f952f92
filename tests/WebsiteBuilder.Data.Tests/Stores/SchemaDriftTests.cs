using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Stores;

public class SchemaDriftTests
{
    private static readonly ExpectedMigration[] Shipped = [new(1, "0001_one", "a"), new(2, "0002_two", "b")];

    private static readonly Dictionary<int, string> Applied = new() { [1] = "a", [2] = "b" };

    private static readonly ExpectedTable Pets = new(
        "pets",
        [new("id", typeof(long), IsKey: true), new("name", typeof(string)), new("about", typeof(Version), IsJson: true), new("version", typeof(long), IsVersion: true)]);

    private static readonly ColumnFacts[] Stored =
        [new("id", "int8", true), new("name", "text", true), new("about", "jsonb", false), new("version", "int8", false)];

    [Fact]
    public void What_fits_has_no_findings()
    {
        var comparison = Find([Table()]);

        Assert.Empty(comparison.Findings);
        Assert.Empty(comparison.Unknown);
    }

    [Fact]
    public void Migrations_that_are_missing_or_changed_are_found_and_newer_ones_are_no_difference()
    {
        var comparison = SchemaDrift.Find(new(new Dictionary<int, string> { [2] = "changed", [9] = "x", [8] = "y" }, []), new("emea", Shipped, []));

        Assert.Equal(
            [
                new("emea", SchemaFindingKind.MigrationMissing, null, null, "the migration 0001_one is missing"),
                new SchemaFinding("emea", SchemaFindingKind.MigrationChanged, null, null, "the migration 0002_two was applied in another form"),
            ],
            comparison.Findings);
        Assert.Equal([8, 9], comparison.Unknown);
    }

    [Fact]
    public void Migrations_that_may_not_be_read_are_one_finding()
    {
        var finding = Assert.Single(SchemaDrift.Find(new(null, []), new("emea", Shipped, [])).Findings);

        Assert.Equal(SchemaFindingKind.MigrationsUnreadable, finding.Kind);
    }

    [Fact]
    public void A_missing_table_is_told_once_however_many_maps_share_it()
    {
        var finding = Assert.Single(Find([], Pets, Pets).Findings);

        Assert.Equal((SchemaFindingKind.TableMissing, "pets", null), (finding.Kind, finding.Table, finding.Column));
    }

    [Fact]
    public void A_missing_column_is_found_and_names_are_told_apart_by_case()
    {
        var findings = Find([Table(columns: [Stored[0], Stored[1] with { Name = "Name", MustBeFilled = false }, Stored[2], Stored[3]])]).Findings;

        var finding = Assert.Single(findings);
        Assert.Equal((SchemaFindingKind.ColumnMissing, "name", "the column pets.name is missing"), (finding.Kind, finding.Column, finding.Message));
    }

    [Fact]
    public void A_column_that_must_be_filled_is_found_unless_some_map_of_the_table_fills_it()
    {
        var table = Table(columns: [.. Stored, new("owner", "text", true)]);
        var wide = Pets with { Columns = [.. Pets.Columns, new("owner", typeof(string))] };

        var finding = Assert.Single(Find([table]).Findings);
        Assert.Equal((SchemaFindingKind.ColumnNotFilled, "owner"), (finding.Kind, finding.Column));
        Assert.Empty(Find([table], Pets, wide).Findings);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("id", 0)]
    [InlineData("name", 1)]
    [InlineData("id,name", 1)]
    [InlineData("id,name;id", 0)]
    public void The_key_needs_a_constraint_over_exactly_its_columns(string keys, int count)
    {
        var table = Table(keys: [.. keys.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(static key => key.Split(','))]);

        var findings = Find([table]).Findings;

        Assert.Equal(count, findings.Count);
        Assert.All(findings, static finding => Assert.Equal((SchemaFindingKind.KeyNotUnique, "id"), (finding.Kind, finding.Column)));
        Assert.Empty(Find([table with { HasKeys = false }]).Findings);
    }

    [Fact]
    public void The_order_of_a_key_s_columns_does_not_matter()
    {
        var pairs = new ExpectedTable("pets", [new("b", typeof(long), IsKey: true), new("a", typeof(long), IsKey: true)]);

        Assert.Empty(Find([new("pets", true, [new("a", "int8", true), new("b", "int8", true)], [["a", "b"]])], pairs).Findings);
    }

    [Theory]
    [InlineData(typeof(string), "int4", "text")]
    [InlineData(typeof(string), "uuid", "text")]
    [InlineData(typeof(string), "jsonb", "text")]
    [InlineData(typeof(Guid), "text", "uuid")]
    [InlineData(typeof(Guid?), "text", "uuid")]
    [InlineData(typeof(long), "varchar", "a number")]
    [InlineData(typeof(int), "int8", null)]
    [InlineData(typeof(decimal), "numeric", null)]
    [InlineData(typeof(bool), "int4", "a boolean")]
    [InlineData(typeof(DateTimeOffset), "timestamptz", null)]
    [InlineData(typeof(DateTime), "date", null)]
    [InlineData(typeof(byte[]), "text", "bytes")]
    [InlineData(typeof(string), "mood", null)]
    [InlineData(typeof(DayOfWeek), "text", null)]
    [InlineData(typeof(Uri), "text", null)]
    [InlineData(typeof(string), "", null)]
    public void Types_that_surely_do_not_fit_are_found(Type type, string stored, string? needed) =>
        Assert.Equal(needed, SchemaTypes.Contradiction(new("column", type), stored));

    [Theory]
    [InlineData("int8", "jsonb", "")]
    [InlineData("int8", "json", "")]
    [InlineData("int8", "text", "about")]
    [InlineData("int4", "jsonb", "version")]
    [InlineData("text", "bytea", "about version")]
    public void Versions_are_bigint_and_json_is_json(string version, string about, string columns)
    {
        var findings = Find([Table(columns: [Stored[0], Stored[1], Stored[2] with { Type = about }, Stored[3] with { Type = version }])]).Findings;

        Assert.Equal(columns, string.Join(' ', findings.Select(static finding => finding.Column)));
        Assert.All(findings, static finding => Assert.Equal(SchemaFindingKind.TypeMismatch, finding.Kind));
    }

    [Fact]
    public void A_description_has_an_end()
    {
        var findings = Enumerable.Range(1, 4).Select(static i => new SchemaFinding("emea", default, null, null, $"finding {i}")).ToArray();

        Assert.Equal("finding 1; finding 2; and 2 more", SchemaDrift.Describe(findings, 2));
        Assert.Equal("finding 1", SchemaDrift.Describe([findings[0]], 2));
    }

    private static TableFacts Table(ColumnFacts[]? columns = null, string[][]? keys = null) => new("pets", true, columns ?? Stored, keys ?? [["id"]]);

    private static SchemaComparison Find(TableFacts[] tables, params ExpectedTable[] maps) =>
        SchemaDrift.Find(new(Applied, tables), new("emea", Shipped, maps is [] ? [Pets] : maps));
}
