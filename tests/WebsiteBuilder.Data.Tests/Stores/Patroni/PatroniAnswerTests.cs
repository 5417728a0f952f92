using System.Text;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.Patroni;

namespace WebsiteBuilder.Data.Tests.Stores.Patroni;

public class PatroniAnswerTests
{
    // As version 3.0.2 writes it.
    private const string Usual = """
        {"members": [
        {"name": "patroni-1", "role": "leader", "state": "running", "api_url": "http://10.0.0.1:8008/patroni", "host": "10.0.0.1", "port": 5432, "timeline": 7, "tags": {"nofailover": false}},
        {"name": "patroni-2", "role": "sync_standby", "state": "running", "api_url": "http://10.0.0.2:8008/patroni", "host": "10.0.0.2", "port": 5432, "timeline": 7, "lag": 0},
        {"name": "patroni-3", "role": "replica", "state": "starting", "api_url": "http://10.0.0.3:8008/patroni", "lag": "unknown"}],
        "pause": true, "scheduled_switchover": {"at": "2026-11-22T20:00:00+00:00", "from": "patroni-1", "to": "patroni-2"}}
        """;

    [Fact]
    public void The_leader_and_what_may_change_it_are_read() =>
        Assert.Equal(new EngineView("patroni-1", "10.0.0.1:8008", 7, IsPaused: true, "2026-11-22T20:00:00+00:00"), Read(Usual));

    [Theory]
    [InlineData("""{"members": []}""")]
    [InlineData("""{"members": [{"name": "a", "role": "replica"}], "scope": "wbd", "pause": false}""")]
    [InlineData("""{"members": [{"name": "a", "role": "standby_leader", "timeline": 3}]}""")]
    [InlineData("""{"members": [7, null, [], {"role": 3}], "pause": 1, "scheduled_switchover": "soon"}""")]
    public void Without_a_leader_that_takes_writes_there_is_none(string answer) => Assert.Equal(new EngineView(null, null, 0, IsPaused: false, null), Read(answer));

    [Theory]
    [InlineData("""{"members": [{"name": "a", "role": "leader", "timeline": "unknown", "api_url": 5}]}""")]
    [InlineData("""{"members": [{"name": "a", "role": "leader", "timeline": 1e99, "api_url": "patroni"}]}""")]
    [InlineData("""{"members": [{"name": "a", "role": "master", "timeline": 3.5, "api_url": ""}]}""")]
    public void What_isn_t_told_of_the_leader_is_left_out(string answer) => Assert.Equal(new EngineView("a", null, 0, IsPaused: false, null), Read(answer));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"members": {}}""")]
    [InlineData("""{"members": [{"name": "a", "role": "leader"}, {"name": "b", "role": "leader"}]}""")]
    [InlineData("""{"members": [{"role": "leader"}]}""")]
    [InlineData("""{"members": [{"name": "", "role": "leader"}]}""")]
    [InlineData("""{"members": [{"name": "\ud800", "role": "leader"}]}""")]
    [InlineData("""{"members": [{"\ud800": 1, "role": "leader"}]}""")]
    [InlineData("""{"members": [{"name": "a", "role": "leader"}]} and more""")]
    [InlineData("<html>502 Bad Gateway</html>")]
    public void What_makes_no_sense_is_no_answer(string answer) => Assert.Null(Read(answer));

    [Fact]
    public void Names_and_answers_that_are_too_long_and_nesting_without_end_are_no_answer()
    {
        Assert.Null(Read($$"""{"members": [{"name": "{{new string('a', 256)}}", "role": "leader"}]}"""));
        Assert.Null(Read(Usual + new string(' ', PatroniAnswer.MaxBytes)));
        Assert.Null(Read(string.Concat(Enumerable.Repeat("""{"members":[""", 10_000))));
    }

    [Fact]
    public void Whatever_arrives_comes_to_a_view_or_to_nothing()
    {
        var random = new Random(20_261_122);
        var usual = Encoding.UTF8.GetBytes(Usual);
        var read = 0;
        for (var i = 0; i < 50_000; i++)
        {
            if (PatroniAnswer.Read(Mutated(random, usual)) is { } view)
            {
                read++;
                Assert.InRange(view.Leader?.Length ?? 1, 1, 255);
                Assert.InRange(view.Switchover?.Length ?? 0, 0, 255);
            }
        }

        // Both ends must be met for that to mean something.
        Assert.InRange(read, 1_000, 49_000);
    }

    private static byte[] Mutated(Random random, byte[] usual)
    {
        var bytes = usual.ToList();
        for (var left = random.Next(1, 5); left > 0 && bytes.Count > 0; left--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, bytes.Slice(random.Next(bytes.Count / 2), random.Next(bytes.Count / 2))); break;
                case 3: bytes[at] = (byte)"{}[]\",:\\u0tfn-9 "[random.Next(16)]; break;
                default: bytes.InsertRange(at, Encoding.UTF8.GetBytes("\\ud800")); break;
            }
        }

        return [.. bytes];
    }

    private static EngineView? Read(string answer) => PatroniAnswer.Read(Encoding.UTF8.GetBytes(answer));
}
