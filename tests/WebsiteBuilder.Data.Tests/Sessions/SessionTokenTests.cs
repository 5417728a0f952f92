using FsCheck.Fluent;

namespace WebsiteBuilder.Data.Tests.Sessions;

public class SessionTokenTests
{
    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 3);

    [Fact]
    public void A_new_session_requires_nothing()
    {
        Assert.True(SessionToken.Empty.IsEmpty);
        Assert.Equal("", SessionToken.Empty.ToString());
        Assert.Equal(SessionToken.Empty, SessionToken.Parse(""));
        Assert.True(Floors.Token([Floor(1, 5)]).Covers(SessionToken.Empty));
        Assert.False(SessionToken.Empty.Covers(Floors.Token([Floor(1, 5)])));
    }

    [Fact]
    public void Two_histories_of_one_shard_are_both_kept()
    {
        var merged = Floors.Token([Floor(1, 500)]).Merge(Floors.Token([Floor(2, 100)]));

        Assert.Equal(2, merged.Floors.Length);
        Assert.Equal(500UL, merged.Find(Shard, new HistoryId(1))!.Floor);
        Assert.Equal(100UL, merged.Find(Shard, new HistoryId(2))!.Floor);
        Assert.Equal(merged, SessionToken.Parse(merged.ToString()));
    }

    [Fact]
    public void A_higher_position_of_another_history_covers_nothing() =>
        Assert.False(Floors.Token([Floor(1, 500)]).Covers(Floors.Token([Floor(2, 100)])));

    [Fact]
    public void Merging_is_commutative_associative_and_idempotent() =>
        Floors.Check(
            from a in Floors.AnyToken from b in Floors.AnyToken from c in Floors.AnyToken select (a, b, c),
            static x => x.a.Merge(x.b) == x.b.Merge(x.a) && x.a.Merge(x.b).Merge(x.c) == x.a.Merge(x.b.Merge(x.c)) && x.a.Merge(x.a) == x.a);

    [Fact]
    public void A_merged_token_covers_both_and_covers_what_they_cover() =>
        Floors.Check(
            from a in Floors.AnyToken from b in Floors.AnyToken select (a, b),
            static x => x.a.Merge(x.b).Covers(x.a) && x.a.Merge(x.b).Covers(x.b));

    [Fact]
    public void Covering_is_a_partial_order() =>
        Floors.Check(
            from a in Floors.AnyToken
            from b in Gen.OneOf(Floors.AnyToken, Floors.AnyToken.Select(other => other.Merge(a)))
            from c in Gen.OneOf(Floors.AnyToken, Floors.AnyToken.Select(other => other.Merge(b)))
            select (a, b, c),
            static x => x.a.Covers(x.a)
                && (!(x.a.Covers(x.b) && x.b.Covers(x.a)) || x.a == x.b)
                && (!(x.c.Covers(x.b) && x.b.Covers(x.a)) || x.c.Covers(x.a)));

    [Fact]
    public void Equal_tokens_have_equal_hashes() =>
        Floors.Check(
            from a in Floors.AnyToken from b in Floors.AnyToken select (a, b),
            static x => x.a.Merge(x.b).GetHashCode() == x.b.Merge(x.a).GetHashCode() && x.a.Equals((object)x.a.Merge(x.a)));

    [Fact]
    public void Entries_are_ordered_and_unique_however_they_were_put_in() =>
        Floors.Check(
            from token in Floors.AnyToken from floor in Floors.AnyFloor select (token, floor),
            static x =>
            {
                var entries = x.token.With(x.floor).Floors.ToArray();
                return entries.Zip(entries.Skip(1)).All(static pair => pair.First.CompareKey(pair.Second) < 0)
                    && x.floor.Equals(x.token.With(x.floor).Find(x.floor.Shard, x.floor.History))
                    && x.token.With(x.floor).Without(x.floor.Shard, x.floor.History) == x.token.Without(x.floor.Shard, x.floor.History);
            });

    [Fact]
    public void Formatting_into_a_span_takes_all_or_nothing()
    {
        var token = Floors.Token([Floor(1, 500)]);
        var text = token.ToString();
        Span<char> buffer = stackalloc char[text.Length];

        Assert.True(token.TryFormat(buffer, out var written, default, null));
        Assert.Equal(text, buffer[..written].ToString());
        Assert.False(token.TryFormat(buffer[1..], out written, default, null));
        Assert.Equal(0, written);
    }

    private static SessionFloor Floor(uint history, ulong position) => new(Shard, new HistoryId(history), position, 0);
}
