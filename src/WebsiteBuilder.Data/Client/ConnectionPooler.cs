namespace WebsiteBuilder.Data;

/// <summary>What stands between a client and a node's server.</summary>
public enum ConnectionPooler
{
    /// <summary>Nothing that speaks the server's protocol; proxies that carry bytes, such as HAProxy, count as nothing.</summary>
    None = 0,

    /// <summary>
    /// A pooler that gives a server connection to another client after each transaction, such as PgBouncer with
    /// <c>pool_mode = transaction</c>; right for one in session mode, too. Statement mode can't carry transactions and fails.
    /// </summary>
    Transaction = 1,
}
