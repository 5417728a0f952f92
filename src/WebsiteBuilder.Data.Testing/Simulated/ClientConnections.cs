using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>One client's connections to one node, of which the one that was used last is used next, as by the PostgreSQL store.</summary>
internal sealed class ClientConnections
{
    private readonly Lock _lock = new();
    private readonly Stack<ClientConnection> _idle = [];

    public ClientConnection Take()
    {
        lock (_lock)
        {
            return _idle.TryPop(out var connection) ? connection : new ClientConnection();
        }
    }

    /// <summary>Its user has done with it, and all went well.</summary>
    public void Keep(ClientConnection connection)
    {
        lock (_lock)
        {
            _idle.Push(connection);
        }
    }

    /// <summary>One was lost, so the others are given up.</summary>
    public void CloseAll()
    {
        lock (_lock)
        {
            _idle.Clear();
        }
    }
}

/// <summary>A connection. It lives as long as the server's incarnation that it leads to.</summary>
internal sealed class ClientConnection
{
    /// <summary>The incarnation that it leads to; null before it is open.</summary>
    public long? Incarnation { get; set; }

    /// <summary>What is known to be seen through it.</summary>
    public ServerRun? Run { get; set; }
}
