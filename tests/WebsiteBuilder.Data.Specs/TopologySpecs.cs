using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Specs;

/// <summary>What is made of the nodes' claims, as stories: the transcripts in <c>topology</c>.</summary>
public class TopologySpecs
{
    private static readonly SpecTable<TopologyStory> Table = new("topology");

    public static TheoryData<string, string> Cases => Table.Rows();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decides(string file, string name)
    {
        var story = Table[file, name];
        var ids = story.Histories.Keys.Select(static (key, i) => (key, id: new HistoryId((uint)i + 1))).ToDictionary(static pair => pair.key, static pair => pair.id, StringComparer.Ordinal);
        var histories = story.Histories.ToDictionary(
            static pair => pair.Key,
            pair => new LogHistory(ids[pair.Key], pair.Value.Timeline, [.. pair.Value.After.Select(end => new HistoryAncestor(ids[end.Key], end.Value))], [.. pair.Value.Nameless.Select(static start => new NamelessAncestor(start.Key, start.Value))], pair.Value.Start),
            StringComparer.Ordinal);
        var definition = new ShardDefinition(
            new ShardId(StoreKind.PostgreSql, 1), "one", [], [.. story.Nodes.Select(static (node, i) => new EndpointDefinition(i, node, RegionId.Parse("eu")))]);
        var claims = new NodeClaim?[story.Nodes.Length];
        var topology = ShardTopology.Unknown(definition);
        var acknowledged = 0UL;

        foreach (var (step, number) in story.Steps.Select(static (step, i) => (step, i + 1)))
        {
            foreach (var (node, claim) in step.Claims)
            {
                claims[Array.IndexOf(story.Nodes, node)] = Claim(claim, histories);
            }

            foreach (var (node, i) in story.Nodes.Select(static (node, i) => (node, i)))
            {
                topology = step.Out.Contains(node) ? topology.WithHealth(i, EndpointHealth.Unhealthy) : step.Claims.ContainsKey(node) ? topology.WithHealth(i, EndpointHealth.Healthy) : topology;
            }

            acknowledged = step.Acknowledged ?? acknowledged;
            topology = TopologyRules.Decide(topology, claims, acknowledged);

            var actual = Describe(topology, story, ids);
            var expected = step.Then;
            Assert.True(
                expected == actual.Line,
                $"""
                Step {number}, {step.Say}:
                  expected {expected}
                  decided  {actual.Line}
                """);
        }
    }

    /// <summary>State; primary; history; the role of each node.</summary>
    private static (string Line, ShardTopology Topology) Describe(ShardTopology topology, TopologyStory story, Dictionary<string, HistoryId> ids)
    {
        var history = topology.History is { } known ? ids.First(pair => pair.Value == known.Id).Key : "none";
        var primary = topology.Primary < 0 ? "none" : story.Nodes[topology.Primary];
        var roles = story.Nodes.Select((node, i) => $"{node} {topology.Roles[i]}");
        return ($"{topology.State}; primary {primary}; history {history}; {string.Join(", ", roles)}", topology);
    }

    /// <summary>Reads "primary of H", "replica of H", either with "unread" behind it (the history's name is known, its past isn't), or "replica unconfirmed".</summary>
    private static NodeClaim Claim(string text, Dictionary<string, LogHistory> histories)
    {
        var words = text.Split(' ');
        var isPrimary = words[0] switch { "primary" => true, "replica" => false, _ => throw new InvalidDataException(text) };
        if (words is [_, "unconfirmed"])
        {
            return new NodeClaim(isPrimary, default, null);
        }

        var log = words is [_, "of", _, ..] ? histories[words[2]] : throw new InvalidDataException(text);
        return new NodeClaim(isPrimary, log.Id, words is [.., "unread"] ? null : log);
    }
}

internal sealed record TopologyStory : ISpecCase
{
    public required string Name { get; init; }

    public required string[] Nodes { get; init; }

    public required Dictionary<string, StoryHistory> Histories { get; init; }

    public required StoryStep[] Steps { get; init; }
}

/// <summary>A history: its timeline, and where it left each of its ancestors.</summary>
internal sealed record StoryHistory
{
    public required uint Timeline { get; init; }

    public Dictionary<string, ulong> After { get; init; } = [];

    /// <summary>Ancestors whose names it lacks: by timeline, where each began.</summary>
    public Dictionary<uint, ulong> Nameless { get; init; } = [];

    /// <summary>Where it began, if that isn't where it left the last ancestor whose name it has.</summary>
    public ulong? Start { get; init; }
}

internal sealed record StoryStep
{
    public required string Say { get; init; }

    /// <summary>What nodes answered. Who isn't named hasn't answered, and keeps the claim it made before.</summary>
    public Dictionary<string, string> Claims { get; init; } = [];

    /// <summary>Who is out of rotation from here on, until it answers.</summary>
    public string[] Out { get; init; } = [];

    /// <summary>The highest position acknowledged at quorum durability, in the history known before this step.</summary>
    public ulong? Acknowledged { get; init; }

    public required string Then { get; init; }
}
