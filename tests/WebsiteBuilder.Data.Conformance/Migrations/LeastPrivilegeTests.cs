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
        Assert.Empty(await DataClient.FindSchemaDriftAsync(As(cluster, "app"), static entities => entities.Add(UserMap.Map)));
        await using var client = DataClient.Create(As(cluster, "app"), static entities => entities.Add(UserMap.Map, UserMap.Policy));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var users = client.OpenSession().Repository<User, UserKey>();
        var ada = new UserKey(Territory.Parse("emea"), Guid.NewGuid());
        await users.InsertAsync(new User { Key = ada, Email = "ada@example.org", CreatedAt = default, UpdatedAt = default });
        var atReplica = await users.FindAsync(ada, new ReadOptions { Nodes = NodePreference.ReplicasOnly });
        await users.DeleteAsync(ada);

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
