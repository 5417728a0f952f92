namespace WebsiteBuilder.Data.Clusters;

/// <summary>A kind of server: which Debian packages bring it, and which files show that it is there.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Packages">Packages of Debian 12, without versions.</param>
/// <param name="Binaries">Full paths; all must exist.</param>
internal sealed record ServerKind(string Name, IReadOnlyList<string> Packages, IReadOnlyList<string> Binaries)
{
    /// <summary>PostgreSQL 15 in the directory where Debian puts it, or in another one.</summary>
    public static ServerKind PostgreSql(string binDirectory) => new(
        "PostgreSQL 15",
        ["postgresql-15"],
        [.. ((string[])["postgres", "initdb", "pg_basebackup"]).Select(name => Path.Combine(binDirectory, name))]);

    /// <summary>PgBouncer, where Debian puts it.</summary>
    public static ServerKind PgBouncer { get; } = new("PgBouncer", ["pgbouncer"], [PgBouncerServer.Program]);

    /// <summary>Redis with its Sentinel and its tools, where Debian puts them.</summary>
    public static ServerKind Redis { get; } = new(
        "Redis", ["redis-server", "redis-sentinel", "redis-tools"], [RedisServer.Program, "/usr/bin/redis-sentinel", "/usr/bin/redis-cli"]);

    /// <summary>etcd, where Debian puts it.</summary>
    public const string EtcdProgram = "/usr/bin/etcd";

    /// <summary>Patroni, where Debian puts it.</summary>
    public const string PatroniProgram = "/usr/bin/patroni";

    /// <summary>Patroni and the store that it agrees in.</summary>
    public static ServerKind Patroni { get; } = new("Patroni with etcd", ["patroni", "etcd-server"], [PatroniProgram, EtcdProgram]);

    /// <summary>The files that don't exist.</summary>
    public IReadOnlyList<string> MissingBinaries() => [.. Binaries.Where(binary => !File.Exists(binary))];
}
