using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Migrations;

/// <summary>The roles that docs/operations.md makes: one that migrates, and one that the application runs as, which can do no more than it needs.</summary>
public sealed class LeastPrivilegeTests
{
    [Fact]
    public async Task The_documented_roles_can_do_all_that_is_needed_and_the_application_s_no_more()
    {
        await using var cluster = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("emea", primary: "eu-west-1", replicas: ["eu-central-1"])),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });
        var primary = cluster.Clusters[0].Primary;
        var database = new NpgsqlConnectionStringBuilder(primary.DirectConnectionString()).Database!;
        var inDatabase = new NpgsqlConnectionStringBuilder(primary.AdminConnectionString()) { Database = database }.ConnectionString;
        await Sql.ExecuteAsync(inDatabase, Documented().Replace("DATABASE app ", $"DATABASE {database} ", StringComparison.Ordinal));

        await DataClient.MigrateAsync(As(cluster, "app_owner"));
        Assert.Empty(await DataClient.FindSchemaDriftAsync(As(cluster, "app"), static entities => entities.AddWebsiteBuilder()));
        await using var client = DataClient.Create(As(cluster, "app"), static entities => entities.AddWebsiteBuilder());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var users = client.OpenSession().Repository<User, UserKey>();
        var ada = new UserKey(Territory.Parse("emea"), Guid.NewGuid());
        await users.InsertAsync(new User { Key = ada, Email = "ada@example.org", CreatedAt = default, UpdatedAt = default });
        var atReplica = await users.FindAsync(ada, new ReadOptions { Nodes = NodePreference.ReplicasOnly });
        var teams = new Teams(client.OpenSession());
        var team = new Team { Key = new TeamKey(ada.Territory, Guid.NewGuid()), Name = "t", CreatedAt = default, UpdatedAt = default };
        await teams.CreateAsync(team, ada);
        var last = await Assert.ThrowsAsync<ConflictException>(() => teams.RemoveAsync(new TeamMemberKey(team.Key, ada)));
        var queue = new JobQueue(client.OpenSession(), TimeProvider.System, ada.Territory, "q");
        await queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "k" });
        await queue.CompleteAsync(
            Assert.Single(await queue.ClaimAsync(1)),
            (unit, _) =>
            {
                unit.Repository<User, UserKey>().Delete(ada);
                return Task.CompletedTask;
            });

        var carts = client.OpenSession().Repository<Cart, CartKey>();
        var cart = new Cart { Key = new CartKey(ada.Territory, Guid.NewGuid()), History = [new CartLine("tea", 1, "00000000000000100000eu")], UpdatedAt = default };
        await carts.InsertAsync(cart);
        await carts.DeleteAsync(cart.Key);
        await carts.InsertAsync(cart);
        var again = await carts.FindAsync(cart.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong });

        Assert.Empty(again.Value!.History);
        Assert.Equal("team_members_last_owner", last.Constraint);
        Assert.Equal(1, await queue.SweepAsync(JobStatus.Done, TimeSpan.Zero));
        Assert.True(atReplica.Found);
        Assert.Equal(AnswerSource.Replica, atReplica.Source);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.ExecuteAsync(ConnectionString(primary.DirectConnectionString(), "app"), "DROP TABLE users"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    /// <summary>The first block of SQL in the document.</summary>
    private static string Documented()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "WebsiteBuilder.Data.sln")))
        {
            folder = folder.Parent;
        }

        var text = File.ReadAllText(Path.Combine(folder.FullName, "docs", "operations.md"));
        var start = text.IndexOf("```sql", StringComparison.Ordinal) + "```sql".Length;
        return text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
    }

    private static DataOptions As(LocalCluster cluster, string role)
    {
        var options = cluster.CreateDataOptions(RegionId.Parse("eu-west-1"));
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);

        // Nothing would be answered if the schema couldn't be read.
        options.SchemaDrift = SchemaDriftResponse.Refuse;
        foreach (var endpoint in options.Shards[0].Endpoints)
        {
            endpoint.ConnectionString = ConnectionString(endpoint.ConnectionString, role);
        }

        return options;
    }

    private static string ConnectionString(string original, string role) =>
        new NpgsqlConnectionStringBuilder(original) { Username = role, Password = "choose-one" }.ConnectionString;
}
