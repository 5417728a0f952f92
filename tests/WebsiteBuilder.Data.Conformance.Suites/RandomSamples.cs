namespace WebsiteBuilder.Data.Conformance;

/// <summary>Seeded rows with nulls, ties, and values at the ends of what the stores keep; and their order, worked out by hand.</summary>
public sealed class RandomSamples(int seed)
{
    private static readonly string[] Texts = ["", "a", "A", "ab", "b", "\u00e9", "\uffee", "\ud83d\ude00", "'; DROP TABLE samples; --", " "];
    private static readonly DateTimeOffset Start = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    public Random Random { get; } = new(seed);

    /// <summary>The columns that can be ordered, the key's and the version's included.</summary>
    public static IReadOnlyDictionary<string, Func<Sample, object?>> Columns { get; } = new Dictionary<string, Func<Sample, object?>>(StringComparer.Ordinal)
    {
        ["room"] = static sample => sample.Key.Room,
        ["id"] = static sample => sample.Key.Id,
        ["rank"] = static sample => sample.Rank,
        ["flag"] = static sample => sample.Flag,
        ["tiny"] = static sample => sample.Tiny,
        ["small"] = static sample => sample.Small,
        ["medium"] = static sample => sample.Medium,
        ["large"] = static sample => sample.Large,
        ["ratio"] = static sample => sample.Ratio,
        ["number"] = static sample => sample.Number,
        ["amount"] = static sample => sample.Amount,
        ["text"] = static sample => sample.Text,
        ["other_id"] = static sample => sample.OtherId,
        ["instant"] = static sample => sample.Instant,
        ["wall_clock"] = static sample => sample.WallClock,
        ["day"] = static sample => sample.Day,
        ["hour"] = static sample => sample.Hour,
        ["span"] = static sample => sample.Span,
        ["bytes"] = static sample => sample.Bytes,
        ["version"] = static sample => sample.Version,
    };

    public Sample Next(Territory territory, int room) => new()
    {
        Key = new SampleKey(territory, room, NextId()),
        Rank = Random.Next(3),
        Flag = OrNull(() => Random.Next(2) == 0),
        Tiny = OrNull(() => (byte)(Random.Next(2) * 255)),
        Small = OrNull(() => Pick(short.MinValue, (short)0, short.MaxValue)),
        Medium = OrNull(() => Pick(int.MinValue, -1, 0, 1, int.MaxValue)),
        Large = OrNull(() => Pick(long.MinValue, 0, long.MaxValue)),
        Ratio = OrNull(() => Pick(float.NaN, float.NegativeInfinity, -0f, 0f, float.Epsilon, float.MaxValue)),
        Number = OrNull(() => Pick(double.NaN, double.NegativeInfinity, -0d, 0d, double.Epsilon, double.MaxValue, double.PositiveInfinity)),
        Amount = OrNull(() => Pick(decimal.MinValue, -0.0000000000000000000000000001m, 0m, 1.0m, 1.00m, decimal.MaxValue)),
        Text = Random.Next(4) == 0 ? null : Pick(Texts),
        OtherId = OrNull(NextId),
        Instant = OrNull(() => Pick(DateTimeOffset.MinValue, Start, Start.AddTicks(10), new DateTimeOffset(1969, 7, 20, 20, 17, 40, TimeSpan.FromHours(-5)), DateTimeOffset.MaxValue)),
        WallClock = OrNull(() => Pick(DateTime.MinValue, Start.DateTime, DateTime.MaxValue)),
        Day = OrNull(() => Pick(DateOnly.MinValue, new DateOnly(2024, 2, 29), DateOnly.MaxValue)),
        Hour = OrNull(() => Pick(TimeOnly.MinValue, new TimeOnly(12, 0), new TimeOnly(23, 59, 59, 999, 999))),
        Span = OrNull(() => Pick(TimeSpan.FromDays(-400), TimeSpan.Zero, TimeSpan.FromMicroseconds(1), TimeSpan.FromHours(25))),
        Bytes = Random.Next(4) == 0 ? null : Pick<byte[]>([], [0], [0, 1], [255]),
    };

    /// <summary>Random columns in random directions.</summary>
    public List<(string Column, bool Descending)> NextOrder()
    {
        var all = Columns.Keys.ToArray();
        Random.Shuffle(all);
        var mixed = Random.Next(3) == 0;
        var descending = Random.Next(2) == 0;
        return [.. all.Take(Random.Next(5)).Select(column => (column, mixed ? Random.Next(2) == 0 : descending))];
    }

    /// <summary>Rows in an order that is completed by the key.</summary>
    public static List<Sample> Sorted(IEnumerable<Sample> samples, IReadOnlyList<(string Column, bool Descending)> order)
    {
        var descending = order.Count > 0 && order[^1].Descending;
        var complete = order.Concat(new[] { ("room", descending), ("id", descending) });
        return [.. samples.Order(Comparer<Sample>.Create((one, other) => complete
            .Select(part => (part.Item2 ? -1 : 1) * Compare(Columns[part.Item1](one), Columns[part.Item1](other)))
            .FirstOrDefault(static compared => compared != 0)))];
    }

    /// <summary>The columns in which two samples differ.</summary>
    public static IEnumerable<string> Differences(Sample one, Sample other) =>
        Columns.Where(column => Compare(column.Value(one), column.Value(other)) != 0).Select(static column => column.Key);

    private static int Compare(object? one, object? other) => (one, other) switch
    {
        (null, null) => 0,
        (null, _) => 1,
        (_, null) => -1,
        (string text, string with) => System.Text.Encoding.UTF8.GetBytes(text).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(with)),
        (byte[] bytes, byte[] with) => bytes.AsSpan().SequenceCompareTo(with),
        (Guid id, Guid with) => id.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(with.ToByteArray(bigEndian: true)),
        (double.NaN, double.NaN) or (float.NaN, float.NaN) => 0,
        (double.NaN, _) or (float.NaN, _) => 1,
        (_, double.NaN) or (_, float.NaN) => -1,
        _ => ((IComparable)one).CompareTo(other),
    };

    private Guid NextId()
    {
        var bytes = new byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private T? OrNull<T>(Func<T> next)
        where T : struct => Random.Next(4) == 0 ? null : next();

    private T Pick<T>(params T[] values) => values[Random.Next(values.Length)];
}
