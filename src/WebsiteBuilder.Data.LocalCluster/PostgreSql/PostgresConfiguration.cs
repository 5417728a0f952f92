using System.Text;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>The configuration files of a node. Nothing in them is the node's own, so that a copied directory is a good one.</summary>
/// <remarks>Port and name are on the command line; a replica's upstream is in <c>postgresql.auto.conf</c>, written after every copy.</remarks>
internal static class PostgresConfiguration
{
    // Durability stays on: tests that kill servers prove nothing without it, and in memory or on a good disk it costs nothing visible.
    // The timeouts are short so that a cut link shows within seconds. Shared memory other than the server's main block goes into files
    // of the data directory (mmap), where a killed server's leftovers vanish with the directory.
    private const string Settings = """

        listen_addresses = '127.0.0.1'
        unix_socket_directories = ''
        password_encryption = 'scram-sha-256'
        fsync = on
        full_page_writes = on
        synchronous_commit = on
        wal_level = logical
        wal_log_hints = on
        track_commit_timestamp = on
        hot_standby = on
        hot_standby_feedback = on
        max_connections = 200
        max_wal_senders = 32
        max_replication_slots = 32
        shared_buffers = 32MB
        dynamic_shared_memory_type = mmap
        wal_keep_size = 64MB
        max_slot_wal_keep_size = 512MB
        min_wal_size = 32MB
        max_wal_size = 256MB
        checkpoint_timeout = 30min
        wal_receiver_status_interval = 100ms
        wal_retrieve_retry_interval = 100ms
        wal_receiver_timeout = 5s
        wal_sender_timeout = 5s
        max_parallel_workers_per_gather = 0
        jit = off
        timezone = 'UTC'
        log_timezone = 'UTC'

        """;

    private const string HostRules = """
        host all         all 127.0.0.1/32 scram-sha-256
        host replication all 127.0.0.1/32 scram-sha-256

        """;

    /// <summary>Completes what initdb wrote.</summary>
    public static void Write(string dataDirectory, IEnumerable<KeyValuePair<string, string>> extra)
    {
        var settings = new StringBuilder(Settings);
        foreach (var (name, value) in extra)
            settings.Append($"{name} = '{value.Replace("'", "''", StringComparison.Ordinal)}'\n");
        File.AppendAllText(Path.Combine(dataDirectory, "postgresql.conf"), settings.ToString());
        File.WriteAllText(Path.Combine(dataDirectory, "pg_hba.conf"), HostRules);
    }

    /// <summary>Replaces every setting that ALTER SYSTEM made, also those copied from another node, by the replica's upstream.</summary>
    public static void WriteUpstream(string dataDirectory, string connectionInfo, string slot) => File.WriteAllText(
        Path.Combine(dataDirectory, "postgresql.auto.conf"),
        $"primary_conninfo = '{connectionInfo}'\nprimary_slot_name = '{slot}'\n");
}
