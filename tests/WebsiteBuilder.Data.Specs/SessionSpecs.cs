using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Specs;

/// <summary>What a session requires after what it did, as stories: the transcripts in <c>sessions</c>.</summary>
public class SessionSpecs
{
    private static readonly SpecTable<SessionStory> Table = new("sessions");
    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 1), OtherShard = new(StoreKind.PostgreSql, 2);

    public static TheoryData<string, string> Cases => Table.Rows();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Requires(string file, string name)
    {
        var story = Table[file, name];
        var ids = story.Histories.Keys.Select(static (key, i) => (key, id: new HistoryId((uint)i + 1))).ToDictionary(static pair => pair.key, static pair => pair.id, StringComparer.Ordinal);
        var histories = story.Histories.ToDictionary(
            static pair => pair.Key,
            pair => new LogHistory(ids[pair.Key], pair.Value.Timeline, [.. pair.Value.After.Select(end => new HistoryAncestor(ids[end.Key], end.Value))]),
            StringComparer.Ordinal);
        var session = new SessionState(default);
        var number = 0;
        foreach (var step in story.Steps)
        {
            number++;
            var at = TimeSpan.FromSeconds(number);
            var shard = step.OtherShard ? OtherShard : Shard;
            var history = histories[step.In];
            if (step.Wrote is { } position)
            {
                session.Wrote(shard, history, position, step.Key, at);
            }
            else if (step.Saw is { } seen)
            {
                session.SawRead(shard, history, seen.Stamp(history.Id), seen.Endpoint, at);
            }
            else if (step.Merged is { } merged)
            {
                session.Merge(merged.Token(shard, history.Id));
            }

            if (step.Requires is { } expected)
            {
                Assert.True(expected == Required(session, shard, history, step.Key, histories, out var requirement), $"Step {number}: {requirement}");
            }

            if (step.Answer is { } answer)
            {
                var requirement = session.RequirementFor(shard, history, step.Key);
                var verdict = ReadVerification.Judge(answer.Stamp(history.Id), answer.Endpoint, ConsistencyLevel.Session, history, requirement);
                Assert.True(step.Verdict == verdict, $"Step {number}: {verdict}, not {step.Verdict}; {requirement}");
            }
        }
    }

    /// <summary>"replica R, primary P", "lost, remaining F" or "unknown".</summary>
    private static string Required(
        SessionState session, ShardId shard, LogHistory history, uint? key, Dictionary<string, LogHistory> histories, out string text)
    {
        try
        {
            var requirement = session.RequirementFor(shard, history, key);
            text = $"replica {requirement.Replica}, primary {requirement.Primary}";
        }
        catch (SessionHistoryLostException lost)
        {
            // Whoever goes on from what remains must find nothing lost any more.
            var remaining = new SessionState(lost.Remaining).RequirementFor(shard, history, key);
            text = $"lost, remaining replica {remaining.Replica}, primary {remaining.Primary}";
            Assert.All(lost.Remaining.Floors.ToArray(), floor => Assert.Contains(histories.Values, known => known.Id == floor.History));
        }
        catch (UnknownHistoryException)
        {
            text = "unknown";
        }

        return text;
    }
}

internal sealed record SessionStory : ISpecCase
{
    public required string Name { get; init; }

    public Dictionary<string, StoryHistory> Histories { get; init; } = new(StringComparer.Ordinal) { ["A"] = new StoryHistory { Timeline = 1 } };

    public required SessionStep[] Steps { get; init; }
}

/// <summary>Something that the session did, and then what it requires, or whether an answer would be given to the caller.</summary>
internal sealed record SessionStep
{
    public string? Say { get; init; }

    /// <summary>The history that is current.</summary>
    public string In { get; init; } = "A";

    public bool OtherShard { get; init; }

    /// <summary>A write's position.</summary>
    public ulong? Wrote { get; init; }

    /// <summary>The hash of the key: of a blind write, or of the read that is asked about.</summary>
    public uint? Key { get; init; }

    public SeenRead? Saw { get; init; }

    /// <summary>A token of another process, in <see cref="In"/>.</summary>
    public MergedFloor? Merged { get; init; }

    public string? Requires { get; init; }

    public SeenRead? Answer { get; init; }

    public ReadVerdict Verdict { get; init; }
}

internal sealed record SeenRead
{
    public int Endpoint { get; init; }

    public bool IsPrimary { get; init; }

    public required ulong Lo { get; init; }

    public required ulong Hi { get; init; }

    public long Incarnation { get; init; } = 1;

    public ReadStamp Stamp(HistoryId history) => new(IsPrimary, history, Lo, Hi, Incarnation);
}

internal sealed record MergedFloor
{
    public ulong Floor { get; init; }

    public ulong ReadFloor { get; init; }

    public Dictionary<uint, ulong> Writes { get; init; } = [];

    public SessionToken Token(ShardId shard, HistoryId history) =>
        new([Writes.Aggregate(
            new SessionFloor(shard, history, Floor, ReadFloor),
            static (floor, write) => floor.WithWrite(new KeyWrite(write.Key, write.Value)))]);
}
