namespace WebsiteBuilder.Data;

/// <summary>What a client does about a database whose schema isn't what it needs.</summary>
public enum SchemaDriftResponse
{
    /// <summary>The default: <see cref="Warn"/>.</summary>
    Unspecified = 0,

    /// <summary>Nothing; schemas aren't looked at.</summary>
    Ignore = 1,

    /// <summary>Looks once, and logs one warning for each shard with all that differs. Operations run as if nothing were wrong.</summary>
    Warn = 2,

    /// <summary>
    /// Logs the same, and operations on that shard fail with <see cref="StoreFailureException"/>, reads at replicas included, until a later look finds nothing that
    /// differs. Until the first look, operations wait, to their time limit: a client that has never met a shard's primary gets nothing from that shard.
    /// </summary>
    Refuse = 3,
}
