using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Makes the data directories of a cluster and starts its servers.</summary>
/// <remarks>
/// A replica's directory is a plain copy of the primary's, taken while that is shut down: the cheapest base backup there is.
/// </remarks>
internal sealed class ClusterBootstrap(ClusterContext context, PostgresCluster cluster)
{
    // Slots are the primary's own; a copy would hold back the replica's log for nobody.
    private const string CopyScript = """cp -a -- "$1" "$2" && rm -rf -- "$2"/pg_replslot/* && touch -- "$2/standby.signal" """;

    private LocalNode Primary => cluster.Primary;

    /// <summary>Writes the password files that initdb and the replicas read. Once per local cluster.</summary>
    public static async Task WritePasswordsAsync(ClusterContext context, CancellationToken cancellationToken)
    {
        // The directory keeps everybody else out. libpq wants a file that only its reader can read: the servers' account writes it.
        await File.WriteAllTextAsync(context.AdminPasswordFile, context.Credentials.AdminPassword, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(
            context.PoolerUsersFile, $"\"{Credentials.Application}\" \"{context.Credentials.ApplicationPassword}\"\n", cancellationToken).ConfigureAwait(false);
        var draft = context.AdminPasswordFile + ".replication";
        await File.WriteAllTextAsync(
            draft, $"127.0.0.1:*:*:{Credentials.Replication}:{context.Credentials.ReplicationPassword}\n", cancellationToken).ConfigureAwait(false);
        await context.Supervisor.RunAsync(
            "passwords",
            [.. ServerUser.Run("sh", "-c", """umask 077; cat "$1" > "$2" """, "sh", draft, context.PassFile)],
            cancellationToken).ConfigureAwait(false);
        File.Delete(draft);
    }

    /// <summary>Each cluster has an initdb of its own, hence a system identifier of its own.</summary>
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await Primary.Server.RunAsync(
            [
                context.Program("initdb"), "-D", Primary.Server.DataDirectory, "-U", Credentials.Admin, "--pwfile", context.AdminPasswordFile,
                "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--wal-segsize=4", "--no-sync", "--no-instructions",
            ],
            cancellationToken).ConfigureAwait(false);
        PostgresConfiguration.Write(Primary.Server.DataDirectory, context.Options.PostgresSettings);
    }

    /// <summary>Creates roles, database and slots, and leaves the primary shut down.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await Primary.Server.StartAsync(cancellationToken).ConfigureAwait(false);
        var connection = await Primary.OpenAdminAsync("postgres", cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await CreateRolesAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var replica in cluster.Replicas)
                await connection.AddSlotAsync(replica, cancellationToken).ConfigureAwait(false);
        }

        await Primary.Server.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task CopyAsync(CancellationToken cancellationToken) => Task.WhenAll(cluster.Replicas.Select(async replica =>
    {
        await replica.Server.RunAsync(
            ["sh", "-c", CopyScript, "sh", Primary.Server.DataDirectory, replica.Server.DataDirectory], cancellationToken).ConfigureAwait(false);
        replica.WriteUpstream();
    }));

    public Task StartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(cluster.Nodes.Select(node => node.Server.StartAsync(cancellationToken)));

    /// <summary>Starts the poolers; their servers run already, so that nobody meets one that can't log in.</summary>
    public Task StartPoolersAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(cluster.Nodes.Select(node => node.StartPoolerAsync(cancellationToken)));

    /// <summary>Waits for streaming, then puts the distance on the replication links: until now they had none, to be quick.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(cluster.Replicas.Select(replica => replica.UntilStreamingAsync(cancellationToken))).ConfigureAwait(false);
        foreach (var replica in cluster.Replicas)
            context.Links.ApplyTrip(replica);
    }

    private async Task CreateRolesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var credentials = context.Credentials;
        await connection.ExecuteAsync(
            $"""
             CREATE ROLE {Credentials.Application} LOGIN REPLICATION PASSWORD '{credentials.ApplicationPassword}' IN ROLE pg_monitor;
             CREATE ROLE {Credentials.Coordinator} LOGIN REPLICATION PASSWORD '{credentials.CoordinatorPassword}' IN ROLE pg_monitor, pg_signal_backend, pg_checkpoint;
             GRANT ALTER SYSTEM ON PARAMETER primary_conninfo, primary_slot_name, synchronous_standby_names, default_transaction_read_only TO {Credentials.Coordinator};
             CREATE ROLE {Credentials.Replication} LOGIN REPLICATION PASSWORD '{credentials.ReplicationPassword}';
             GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text),
                 pg_read_binary_file(text, bigint, bigint, boolean) TO {Credentials.Replication};
             """,
            cancellationToken).ConfigureAwait(false);
        await connection.ExecuteAsync(
            $"CREATE DATABASE {Credentials.Database} OWNER {Credentials.Application}", cancellationToken).ConfigureAwait(false);
        var inDatabase = await Primary.OpenAdminAsync(Credentials.Database, cancellationToken).ConfigureAwait(false);
        await using (inDatabase.ConfigureAwait(false))
        {
            await inDatabase.ExecuteAsync(
                $"GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer), pg_reload_conf() TO {Credentials.Coordinator}", cancellationToken).ConfigureAwait(false);
        }
    }
}
