using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>One node of a <see cref="PatroniCluster"/>: Patroni's process and the PostgreSQL server that it runs.</summary>
public sealed class PatroniNode
{
    private readonly ClusterContext _context;
    private readonly int _restPort;
    private int _agent;

    internal PatroniNode(ClusterContext context, string name, int etcdPort)
    {
        _context = context;
        Name = name;
        EtcdPort = etcdPort;
        Port = context.Ports.Next();
        _restPort = context.Ports.Next();
    }

    /// <summary>The name, which Patroni knows it by, too.</summary>
    public string Name { get; }

    /// <summary>The server's port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Where Patroni's REST API listens, for <see cref="EndpointOptions.PatroniUrl"/>.</summary>
    public Uri RestUrl => Rest("");

    internal int EtcdPort { get; }

    private string LogFile => _context.Supervisor.LogFile(Name);

    /// <summary>The application's role, straight to the server.</summary>
    public string ConnectionString() => ConnectionString(Credentials.Application, _context.Credentials.ApplicationPassword, Credentials.Database);

    /// <summary>The superuser, straight to the server.</summary>
    public string AdminConnectionString() => ConnectionString(Credentials.Admin, _context.Credentials.AdminPassword, "postgres");

    /// <summary>Starts Patroni, which starts or rewinds the server as it sees fit; doesn't wait for that.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        var file = Path.Combine(_context.Supervisor.Directory, Name + ".yml");
        await File.WriteAllTextAsync(file, Configuration(), cancellationToken).ConfigureAwait(false);
        _agent = await _context.Supervisor.StartServerAsync(
            Name, "TERM", ServerUser.Run("env", "HOME=/tmp", "LC_ALL=C.UTF-8", ServerKind.PatroniProgram, file), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>kill -9 of Patroni and of the server, all at once.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default)
    {
        SendToAll(Signal.Stop);
        return Poll.UntilAsync(
            () =>
            {
                SendToAll(Signal.Kill);
                return ProcessTable.Members(LogFile).Count == 0;
            },
            $"{Name} has ended",
            _context.Options.StepTimeout,
            LogTail,
            cancellationToken);
    }

    /// <summary>kill -9 of Patroni alone: the server goes on in the role that it has, and nobody looks after it.</summary>
    public Task KillAgentAsync(CancellationToken cancellationToken = default)
    {
        Signals.Send(_agent, Signal.Kill);
        return Poll.UntilAsync(() => !ProcessTable.IsAlive(_agent), $"{Name} has lost Patroni", _context.Options.StepTimeout, LogTail, cancellationToken);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    internal Uri Rest(string path) => new($"http://127.0.0.1:{_restPort}/{path}");

    internal string LogTail() => ServerLog.Tail(LogFile);

    private void SendToAll(Signal signal)
    {
        foreach (var pid in ProcessTable.Members(LogFile))
            Signals.Send(pid, signal);
    }

    private string ConnectionString(string user, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = user,
        Password = password,
        Database = database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    // Without the two "remove" settings and pg_hba below postgresql, a second failover during a rewind leaves a node that can't start.
    private string Configuration() => $$"""
        scope: wbd
        namespace: /local/
        name: {{Name}}
        log: {level: INFO}
        restapi:
          listen: 127.0.0.1:{{_restPort}}
          connect_address: 127.0.0.1:{{_restPort}}
        etcd3:
          host: 127.0.0.1:{{EtcdPort}}
        bootstrap:
          dcs:
            ttl: 5
            loop_wait: 1
            retry_timeout: 3
            maximum_lag_on_failover: 1048576
            postgresql:
              use_pg_rewind: true
              use_slots: true
              parameters: {wal_level: logical, hot_standby: 'on', wal_log_hints: 'on', max_wal_senders: 20, max_replication_slots: 20, max_connections: 100, wal_keep_size: 64MB}
          initdb: [{encoding: UTF8}, {locale: C.UTF-8}, {auth-host: scram-sha-256}, {auth-local: trust}]
          pg_hba: &hba
          - host replication all 127.0.0.1/32 scram-sha-256
          - host all all 127.0.0.1/32 scram-sha-256
        postgresql:
          listen: 127.0.0.1:{{Port}}
          connect_address: 127.0.0.1:{{Port}}
          data_dir: {{Path.Combine(_context.Supervisor.Directory, "nodes", Name)}}
          bin_dir: {{_context.Options.PostgresBinDirectory}}
          pgpass: {{Path.Combine(_context.Supervisor.Directory, "nodes", Name + ".pgpass")}}
          authentication:
            superuser: {username: {{Credentials.Admin}}, password: {{_context.Credentials.AdminPassword}}}
            replication: {username: {{Credentials.Replication}}, password: {{_context.Credentials.ReplicationPassword}}}
            rewind: {username: {{Credentials.Admin}}, password: {{_context.Credentials.AdminPassword}}}
          parameters: {unix_socket_directories: '', shared_buffers: 32MB, jit: 'off', password_encryption: scram-sha-256, dynamic_shared_memory_type: mmap}
          basebackup: [{checkpoint: fast}]
          remove_data_directory_on_rewind_failure: true
          remove_data_directory_on_diverged_timelines: true
          pg_hba: *hba
        """;
}
