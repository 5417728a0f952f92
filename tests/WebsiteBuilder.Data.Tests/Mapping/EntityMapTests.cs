namespace WebsiteBuilder.Data.Tests.Mapping;

public class EntityMapTests
{
    public static readonly TheoryData<string> RefusedColumns = new(
        "", "1st", "a b", "a-b", "a.b", "a\"b", "caf\u00e9", "a;drop", "a\0", new string('a', EntityMap.MaxNameLength + 1));

    public static readonly TheoryData<string> RefusedTables = new(
        "", ".", "users.", ".users", "a..b", "a b", "public.\"users\"", "1.users", "a.b.c.d", new string('a', EntityMap.MaxNameLength + 1));

    [Theory]
    [InlineData("users")]
    [InlineData("commerce.orders")]
    [InlineData("_private.Orders_2026")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk")]
    public void A_table_may_have_a_schema(string table) => Assert.Equal(table, Mapped(table).Table);

    [Theory]
    [MemberData(nameof(RefusedTables))]
    public void A_malformed_table_is_refused(string table) => Assert.Throws<ArgumentException>(() => Mapped(table));

    [Fact]
    public void A_table_of_three_parts_was_taken() => Assert.Throws<ArgumentException>(() => Mapped("database.schema.users"));

    [Theory]
    [MemberData(nameof(RefusedColumns))]
    public void A_malformed_column_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => Mapped("notes", map => map.Column(name, static note => note.Text)));

    [Theory]
    [InlineData("text")]
    [InlineData("TEXT")]
    [InlineData("id")]
    [InlineData("version")]
    public void A_column_is_mapped_once(string name)
    {
        var refused = Assert.Throws<ArgumentException>(() => Mapped("notes", map =>
        {
            map.Version("version", static note => note.Version);
            map.Column("text", static note => note.Text);
            map.Column(name, static note => note.Text);
        }));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_version_is_refused() =>
        Assert.Throws<ArgumentException>(() => Mapped("notes", static map =>
        {
            map.Version("version", static note => note.Version);
            map.Version("other", static note => note.Version);
        }));

    [Fact]
    public void A_map_without_a_key_is_refused()
    {
        var refused = Assert.Throws<ArgumentException>(() => EntityMap.Create<Note, NoteKey>("notes", static note => note.Key, static map =>
        {
            map.Column("text", static note => note.Text);
            return static _ => throw new NotSupportedException();
        }));

        Assert.Contains("no key", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_definition_must_say_how_entities_are_made() =>
        Assert.Throws<ArgumentException>(() => EntityMap.Create<Note, NoteKey>("notes", static note => note.Key, static _ => null!));

    [Fact]
    public void A_map_has_territories_or_one_shard()
    {
        Assert.Throws<InvalidOperationException>(() => Mapped("notes", static map =>
        {
            map.StoredIn("global");
            map.Territory(static key => key.Territory);
        }));
        Assert.Throws<InvalidOperationException>(() => Mapped("notes", static map =>
        {
            map.Territory(static key => key.Territory);
            map.StoredIn("global");
        }));
        Assert.Equal("global", Mapped("notes", static map => map.StoredIn("global")).Shard);
        Assert.Equal(default, Mapped("notes").TerritoryOf(new NoteKey(Territory.Parse("emea"), 1)));
    }

    [Fact]
    public void A_map_keeps_the_order_in_which_columns_were_mapped()
    {
        var map = Mapped("notes", static map =>
        {
            map.Column("text", static note => note.Text);
            map.Version("version", static note => note.Version);
            map.Key("territory", static note => note.Key.Territory.ToString(), static key => key.Territory.ToString());
            map.Territory(static key => key.Territory);
        });

        Assert.Equal("id text version territory", string.Join(' ', map.Columns.Select(static column => column.Name)));
        Assert.Equal([0, 1, 2, 3], map.Columns.Select(static column => column.Ordinal));
        Assert.Equal("id territory", string.Join(' ', map.KeyColumns.Select(static column => column.Name)));
        Assert.Equal("version", map.Version?.Name);
        Assert.True(map.HasTerritory);
        Assert.Equal(Territory.Parse("emea"), map.TerritoryOf(new NoteKey(Territory.Parse("emea"), 1)));

        var written = new ListingWriter();
        map.WriteKey(new NoteKey(Territory.Parse("emea"), 7), written);
        Assert.Equal([7L, "emea"], written.Values);
    }

    private static EntityMap<Note, NoteKey> Mapped(string table, Action<EntityMapBuilder<Note, NoteKey>>? more = null) =>
        EntityMap.Create<Note, NoteKey>(table, static note => note.Key, map =>
        {
            map.Key("id", static note => note.Key.Id, static key => key.Id);
            more?.Invoke(map);
            return static _ => throw new NotSupportedException();
        });

    private readonly record struct NoteKey(Territory Territory, long Id);

    private sealed record Note(NoteKey Key, string Text, long Version);

    private sealed class ListingWriter : EntityWriter
    {
        public List<object?> Values { get; } = [];

        public override void Write<T>(T value) => Values.Add(value);

        public override void WriteJson<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) => Values.Add(value);
    }
}
