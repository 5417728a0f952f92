using FsCheck.Fluent;

namespace WebsiteBuilder.Data.Tests.Sessions;

/// <summary>What the text promises: nothing is lost, it is short, and where it is shortened it only gets stricter.</summary>
public class SessionTokenTextTests
{
    [Fact]
    public void A_text_reads_back_as_its_token_or_as_a_stricter_one() =>
        Floors.Check(Floors.AnyToken, static token =>
        {
            var text = token.ToString();
            var read = SessionToken.Parse(text);
            return read.Covers(token) && (read == token || IsFolded(token)) && SessionToken.Parse(read.ToString()) == read;
        });

    [Fact]
    public void Small_tokens_read_back_exactly() =>
        Floors.Check(
            from floors in Floors.AnyFloor.ListOf() where floors.Count > 0 select Floors.Token(floors),
            static token => SessionToken.Parse(token.ToString()) == token);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sixteen_shards_fit_into_256_characters(bool aligned)
    {
        var random = new Random(16);
        for (var i = 0; i < 2_000; i++)
        {
            RequireShort(Floors.Everyday(random, shards: 16, gap: 7, aligned, writes: false), 256);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sixty_four_shards_with_writes_fit_into_1024_characters(bool aligned)
    {
        var random = new Random(64);
        for (var i = 0; i < 1_000; i++)
        {
            RequireShort(Floors.Everyday(random, random.Next(17, 65), gap: 7, aligned, writes: true), 1_024);
        }
    }

    [Fact]
    public void Sixteen_shards_that_saw_a_replica_in_mid_replay_exceeded_256_characters()
    {
        // A read on a replica that has received more than it replayed raises both floors to an odd position.
        var token = new SessionToken([.. Enumerable.Range(0, 16).Select(static i => new SessionFloor(
            new ShardId(StoreKind.PostgreSql, i), new HistoryId(uint.MaxValue), Floors.EverydayEnd - 15, Floors.EverydayEnd - 15))]);

        RequireShort(token, 256);
    }

    [Fact]
    public void Sixty_four_shards_with_distant_read_floors_exceeded_1024_characters()
    {
        var token = new SessionToken([.. Enumerable.Range(0, 64).Select(static i => new SessionFloor(
            new ShardId(StoreKind.PostgreSql, i), new HistoryId(uint.MaxValue), Floors.EverydayEnd - 8, 1))]);

        RequireShort(token, 1_024);
    }

    [Fact]
    public void A_folded_position_stays_within_the_log_record_it_fell_into()
    {
        var token = new SessionToken([.. Enumerable.Range(0, 16).Select(static i => new SessionFloor(
            new ShardId(StoreKind.PostgreSql, i), new HistoryId(uint.MaxValue), Floors.EverydayEnd - 15, Floors.EverydayEnd - 15))]);

        Assert.All(SessionToken.Parse(token.ToString()).Floors.ToArray(), static floor => Assert.Equal(Floors.EverydayEnd - 8, floor.Floor));
    }

    [Fact]
    public void Positions_of_stores_that_count_by_one_are_never_rounded()
    {
        var token = new SessionToken([.. Enumerable.Range(0, 16).Select(static i => new SessionFloor(
            new ShardId(StoreKind.Redis, 1_000 * i), new HistoryId(uint.MaxValue), ulong.MaxValue - 2, ulong.MaxValue - 2))]);

        Assert.True(token.ToString().Length > 256);
        Assert.Equal(token, SessionToken.Parse(token.ToString()));
    }

    [Fact]
    public void A_wide_token_was_written_down_longer_than_it_could_be_read()
    {
        // 1,024 entries of up to 28 bytes: the limit on entries alone let texts of 30,000 characters out, which Parse refused.
        var token = new SessionToken([.. Enumerable.Range(0, SessionFloors.Max).Select(static i => new SessionFloor(
            new ShardId(StoreKind.Redis, i), new HistoryId(uint.MaxValue), ulong.MaxValue, 1))]);

        Assert.Throws<InvalidOperationException>(() => token.ToString());
    }

    [Fact]
    public void A_token_with_the_most_entries_is_written_down_when_it_is_short_enough()
    {
        var token = Floors.Everyday(new Random(1_024), SessionFloors.Max, gap: 1, aligned: false, writes: false);
        var text = token.ToString();

        Assert.InRange(text.Length, 1, SessionToken.MaxTextLength);
        Assert.True(SessionToken.Parse(text).Covers(token));
    }

    [Fact]
    public void A_session_with_too_many_entries_refuses_to_be_written_down()
    {
        var token = Floors.Everyday(new Random(1_025), SessionFloors.Max + 1, gap: 1, aligned: true, writes: false);

        Assert.Throws<InvalidOperationException>(() => token.ToString());
    }

    private static void RequireShort(SessionToken token, int length)
    {
        var text = token.ToString();
        var read = SessionToken.Parse(text);

        Assert.InRange(text.Length, 1, length);
        Assert.True(read.Covers(token));
        Assert.Equal(text, read.ToString());
    }

    // Only texts that would be long are folded; 256 characters hold at least this many bytes.
    private static bool IsFolded(SessionToken token) => token.Floors.Length > 5;
}
