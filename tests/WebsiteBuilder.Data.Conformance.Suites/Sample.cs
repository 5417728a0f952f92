namespace WebsiteBuilder.Data.Conformance;

/// <summary>The key of a sample, of two columns.</summary>
public readonly record struct SampleKey(Territory Territory, int Room, Guid Id);

/// <summary>An entity with a column of each type that can be compared.</summary>
public sealed record Sample
{
    public required SampleKey Key { get; init; }

    /// <summary>Never null.</summary>
    public int Rank { get; init; }

    public bool? Flag { get; init; }

    public byte? Tiny { get; init; }

    public short? Small { get; init; }

    public int? Medium { get; init; }

    public long? Large { get; init; }

    public float? Ratio { get; init; }

    public double? Number { get; init; }

    public decimal? Amount { get; init; }

    public string? Text { get; init; }

    public Guid? OtherId { get; init; }

    public DateTimeOffset? Instant { get; init; }

    public DateTime? WallClock { get; init; }

    public DateOnly? Day { get; init; }

    public TimeOnly? Hour { get; init; }

    public TimeSpan? Span { get; init; }

    public byte[]? Bytes { get; init; }

    public long Version { get; init; }
}

/// <summary>How samples are stored.</summary>
public static class SampleMap
{
    public const string CreateTable =
        """
        CREATE TABLE samples (
            room integer NOT NULL,
            id uuid NOT NULL,
            rank integer NOT NULL,
            flag boolean,
            tiny smallint,
            small smallint,
            medium integer,
            large bigint,
            ratio real,
            number double precision,
            amount numeric,
            text text,
            other_id uuid,
            instant timestamptz,
            wall_clock timestamp,
            day date,
            hour time,
            span interval,
            bytes bytea,
            version bigint NOT NULL,
            PRIMARY KEY (room, id))
        """;

    public static EntityMap<Sample, SampleKey> Map { get; } = EntityMap.Create<Sample, SampleKey>("samples", static sample => sample.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var room = map.Key("room", static sample => sample.Key.Room, static key => key.Room);
        var id = map.Key("id", static sample => sample.Key.Id, static key => key.Id);
        var rank = map.Column("rank", static sample => sample.Rank);
        var flag = map.Column("flag", static sample => sample.Flag);
        var tiny = map.Column("tiny", static sample => sample.Tiny);
        var small = map.Column("small", static sample => sample.Small);
        var medium = map.Column("medium", static sample => sample.Medium);
        var large = map.Column("large", static sample => sample.Large);
        var ratio = map.Column("ratio", static sample => sample.Ratio);
        var number = map.Column("number", static sample => sample.Number);
        var amount = map.Column("amount", static sample => sample.Amount);
        var text = map.Column("text", static sample => sample.Text);
        var otherId = map.Column("other_id", static sample => sample.OtherId);
        var instant = map.Column("instant", static sample => sample.Instant);
        var wallClock = map.Column("wall_clock", static sample => sample.WallClock);
        var day = map.Column("day", static sample => sample.Day);
        var hour = map.Column("hour", static sample => sample.Hour);
        var span = map.Column("span", static sample => sample.Span);
        var bytes = map.Column("bytes", static sample => sample.Bytes);
        var version = map.Version("version", static sample => sample.Version);
        return row => new Sample
        {
            Key = new SampleKey(row.Territory, row.Get(room), row.Get(id)),
            Rank = row.Get(rank),
            Flag = row.Get(flag),
            Tiny = row.Get(tiny),
            Small = row.Get(small),
            Medium = row.Get(medium),
            Large = row.Get(large),
            Ratio = row.Get(ratio),
            Number = row.Get(number),
            Amount = row.Get(amount),
            Text = row.Get(text),
            OtherId = row.Get(otherId),
            Instant = row.Get(instant),
            WallClock = row.Get(wallClock),
            Day = row.Get(day),
            Hour = row.Get(hour),
            Span = row.Get(span),
            Bytes = row.Get(bytes),
            Version = row.Get(version),
        };
    });

    /// <summary>A column by its name.</summary>
    public static EntityColumn<Sample> Column(string name) => Map.Columns.Single(column => column.Name == name);

    /// <summary>A column by its name.</summary>
    public static EntityColumn<Sample, T> Column<T>(string name) => (EntityColumn<Sample, T>)Column(name);
}
