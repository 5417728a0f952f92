using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Client;

/// <summary>Weights and labels from the settings, roles and labels from options and policy, up to the node that answers.</summary>
public class NodeChoiceTests
{
    private static readonly UserKey Ada = new(Territory.Parse("emea"), new Guid("0ada0000-0000-0000-0000-000000000000"));
    private static readonly ReadOptions Eventual = new() { Consistency = ConsistencyLevel.Eventual };
    private static readonly LabelPreference Reports = LabelPreference.First(("for", "reports"));

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_drained_node_is_read_only_when_nothing_else_is_left()
    {
        var (cluster, users) = Open();

        Assert.Equal("eu-2", Ask(users, Eventual));
        cluster["emea"]["eu-2"].Kill();
        cluster["emea"]["us"].Kill();
        cluster["emea"]["reports"].Kill();
        Assert.Equal("eu-1", Ask(users, Eventual));
    }

    [Fact]
    public void Labels_lead_to_the_node_that_has_them_however_far()
    {
        var (_, users) = Open();
        var answer = _time.Run(() => users.FindAsync(Ada, Eventual with { Labels = Reports }).AsTask());

        Assert.Equal("reports", answer.Endpoint);
        Assert.True(answer.Reason.HasFlag(RouteReason.LabelsMatched), answer.Reason.ToString());
        Assert.Equal("reports", Ask(users, new ReadOptions { Labels = Reports }));
        Assert.Equal("us", Ask(users, new ReadOptions { Labels = Reports, Consistency = ConsistencyLevel.Strong }));
    }

    [Fact]
    public void The_policy_s_wishes_hold_for_calls_that_have_none()
    {
        var (_, users) = Open(UserMap.Policy with { Labels = Reports, Consistency = ConsistencyLevel.Eventual, Nodes = NodePreference.ReplicasOnly });

        Assert.Equal("reports", Ask(users, null));
        Assert.Equal("eu-2", Ask(users, new ReadOptions { Labels = LabelPreference.First() }));
    }

    [Fact]
    public void Without_a_node_that_has_the_labels_the_error_says_so()
    {
        var (cluster, users) = Open();
        cluster["emea"]["reports"].Kill();
        var refused = Assert.Throws<NoEligibleRegionException>(() => Ask(
            users, Eventual with { Labels = LabelPreference.First(("for", "nobody")), Timeout = TimeSpan.FromSeconds(2) }));

        Assert.Equal(4, refused.Excluded["without the requested labels"]);
    }

    [Fact]
    public void An_unnamed_role_is_refused()
    {
        var (_, users) = Open();

        Assert.Throws<ArgumentOutOfRangeException>(() => Ask(users, new ReadOptions { Nodes = (NodePreference)9 }));
    }

    private string? Ask(IRepository<User, UserKey> users, ReadOptions? options) => _time.Run(() => users.FindAsync(Ada, options).AsTask()).Endpoint;

    private (SimulatedCluster Cluster, IRepository<User, UserKey> Users) Open(EntityPolicy? policy = null)
    {
        var cluster = SimulatedCluster.OnOneThread(_time).UsePublishedRoundTrips().AddShard("emea", static shard => shard
            .AddNode("us", "us-east-1").AddNode("eu-1", "eu-west-1").AddNode("eu-2", "eu-west-1").AddNode("reports", "ap-southeast-1").Holds("emea"));
        var client = cluster.CreateClient(
            RegionId.Parse("eu-west-1"),
            entities => entities.Add(UserMap.Map, policy ?? UserMap.Policy),
            static options =>
            {
                options.Shards[0].Endpoints[1].Weight = 0;
                options.Shards[0].Endpoints[3].Labels["for"] = "reports";
            });
        _time.Run(() => client.WaitUntilReadyAsync());
        _time.Advance(TimeSpan.FromSeconds(10));
        return (cluster, client.OpenSession().Repository<User, UserKey>());
    }
}
