using System.Buffers.Text;
using WebsiteBuilder.Data.Conformance;

namespace WebsiteBuilder.Data.Tests.Repositories;

public class QueryCursorTests
{
    private const int Mutations = 200_000;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static readonly Territory Home = Territory.Parse("emea");

    [Fact]
    public void Whatever_arrives_is_a_cursor_or_a_FormatException()
    {
        var random = new RandomSamples(20_261_122);
        var cursors = Enumerable.Range(0, 300).Select(_ => Cursor(random)).ToArray();
        var parsed = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var (query, cursor) = cursors[random.Random.Next(cursors.Length)];
            var text = Mutated(random.Random, Base64Url.DecodeFromChars(cursor));
            try
            {
                query.After(text);
                parsed++;
            }
            catch (FormatException)
            {
            }
        }

        // Enough of them must get through for the rest to mean something.
        Assert.InRange(parsed, Mutations / 50, Mutations);
    }

    [Fact]
    public void A_cursor_brings_back_every_value_it_was_made_of()
    {
        var random = new RandomSamples(7);
        for (var i = 0; i < 2_000; i++)
        {
            var order = RandomSamples.Columns.Keys.Aggregate(Query.All(SampleMap.Map), static (query, column) => query.OrderBy(SampleMap.Column(column)));
            var cursor = order.CursorOf(random.Next(Home, i));
            Assert.Equal(cursor, Again(order, cursor));
        }
    }

    [Fact]
    public void A_cursor_of_another_order_table_or_version_is_refused()
    {
        var sample = new RandomSamples(1).Next(Home, 1);
        var query = Query.All(SampleMap.Map).OrderBy(SampleMap.Column("rank"));
        var cursor = query.CursorOf(sample);

        query.After(cursor);
        query.WhereNull(SampleMap.Column("text")).Take(5).After(cursor);
        foreach (var other in new[]
        {
            Query.All(SampleMap.Map), query.OrderBy(SampleMap.Column("text")), Query.All(SampleMap.Map).OrderBy(SampleMap.Column("rank"), descending: true),
            Query.All(SampleMap.Map).OrderBy(SampleMap.Column("medium")),
        })
        {
            Assert.Throws<FormatException>(() => other.After(cursor));
        }

        Assert.Throws<FormatException>(() => Query.All(UserMap.Map).After(Query.All(SampleMap.Map).CursorOf(sample)));
        var bytes = Base64Url.DecodeFromChars(cursor);
        bytes[0]++;
        Assert.Throws<FormatException>(() => query.After(Base64Url.EncodeToString(bytes)));
        Assert.Throws<FormatException>(() => query.After(cursor + "AAAA"));
        Assert.Throws<FormatException>(() => query.After(new string('A', Query<Sample>.MaxCursorLength + 1)));
        Assert.Throws<FormatException>(() => query.After(""));
        Assert.Throws<ArgumentNullException>(() => query.After((string)null!));
    }

    [Fact]
    public void Values_that_no_store_keeps_are_in_no_cursor()
    {
        var query = Query.All(SampleMap.Map).OrderBy(SampleMap.Column("text"));
        var sample = new RandomSamples(1).Next(Home, 1);

        foreach (var text in new[] { "a\0", "\ud800", new string('x', 4_000), new string('x', 100_000) })
        {
            Assert.ThrowsAny<ArgumentException>(() => query.CursorOf(sample with { Text = text }));
        }

        Assert.InRange(query.CursorOf(sample with { Text = new string('\u00e9', 1_500) }).Length, 4_000, Query<Sample>.MaxCursorLength);
    }

    [Fact]
    public void A_cursor_of_version_1_is_read_by_every_later_version()
    {
        var query = Query.All(SampleMap.Map).OrderBy(SampleMap.Column("text")).OrderBy(SampleMap.Column("instant"), descending: true);
        var sample = new Sample
        {
            Key = new SampleKey(Home, 7, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")),
            Text = "one",
            Instant = DateTimeOffset.UnixEpoch,
        };

        Assert.Equal("AQ56NJFzAANvbmV0CJ9_9fe1gABpAAAAAAAAAAdnABEiM0RVZneImaq7zN3u_w", query.CursorOf(sample));
    }

    private static string Again(Query<Sample> query, string cursor)
    {
        var order = query.OrderOver(SampleMap.Map.Mapped);
        return QueryCursor.Encode(SampleMap.Map.Mapped, order, QueryCursor.Decode(cursor, SampleMap.Map.Mapped, order));
    }

    private static (Query<Sample> Query, string Cursor) Cursor(RandomSamples random)
    {
        var query = random.NextOrder().Aggregate(Query.All(SampleMap.Map), static (query, part) => query.OrderBy(SampleMap.Column(part.Column), part.Descending));
        return (query, query.CursorOf(random.Next(Home, 1)));
    }

    private static string Mutated(Random random, byte[] cursor)
    {
        switch (random.Next(7))
        {
            case 0:
            case 1:
                // Behind the hash, so that more than it is tried.
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                {
                    cursor[random.Next(5, cursor.Length)] ^= (byte)(1 << random.Next(8));
                }

                return Base64Url.EncodeToString(cursor);
            case 2:
                return Base64Url.EncodeToString(cursor.AsSpan(0, random.Next(cursor.Length)));
            case 3:
                var at = random.Next(5, cursor.Length + 1);
                return Base64Url.EncodeToString([.. cursor.AsSpan(0, at), .. Bytes(random, random.Next(1, 12)), .. cursor.AsSpan(at)]);
            case 4:
                return Base64Url.EncodeToString([.. cursor.AsSpan(0, 5), .. Bytes(random, random.Next(80))]);
            case 5:
                return new string([.. Enumerable.Range(0, random.Next(300)).Select(_ => Letters[random.Next(Letters.Length)])]);
            default:
                return new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => (char)random.Next(char.MaxValue + 1))]);
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
