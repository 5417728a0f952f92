namespace WebsiteBuilder.Data.Clusters;

/// <summary>What all nodes of a local cluster share.</summary>
internal sealed record ClusterContext(
    LocalClusterOptions Options, Supervisor Supervisor, LinkMap Links, FreePorts Ports, Credentials Credentials)
{
    /// <summary>Read by initdb: the admin's password.</summary>
    public string AdminPasswordFile => Path.Combine(Supervisor.Directory, "admin.password");

    /// <summary>Read by replicas and base backups: libpq's password file, so that no password stands on a command line.</summary>
    public string PassFile => Path.Combine(Supervisor.Directory, "nodes", "replication.pgpass");

    /// <summary>Read by poolers: who may connect, and how they connect to the server themselves.</summary>
    public string PoolerUsersFile => Path.Combine(Supervisor.Directory, "pooler.users");

    public string Program(string name) => Path.Combine(Options.PostgresBinDirectory, name);

    /// <summary>A libpq connection string for replication; the password comes from the file.</summary>
    public string ReplicationConnectionInfo(int port, string applicationName) => $"{ReplicationConnectionInfo(port)} application_name={applicationName}";

    /// <summary>The same, without saying who connects.</summary>
    public string ReplicationConnectionInfo(int port) =>
        $"host=127.0.0.1 port={port} user={Credentials.Replication} passfile={PassFile} sslmode=disable gssencmode=disable";
}
