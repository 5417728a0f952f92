using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace WebsiteBuilder.Data.Benchmarks.Startup;

/// <summary>Addresses on the loopback where nobody is: one that takes connections and never says a word, and one that refuses them.</summary>
internal sealed class Darkness : IDisposable
{
    private const int Backlog = 512;
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
    private readonly Socket _refusing = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public Darkness()
    {
        // Nobody accepts: the system completes the handshake, and the first byte of an answer never comes.
        _silent.Start(Backlog);

        // Bound but not listening: the port stays ours, and whoever connects is refused.
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    /// <summary>The address of every other one of them, with the rest of a good connection string.</summary>
    public string Instead(string connectionString, int number) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Port = ((IPEndPoint)(number % 2 == 0 ? _silent.LocalEndpoint : _refusing.LocalEndPoint!)).Port,
    }.ConnectionString;

    public void Dispose()
    {
        _silent.Dispose();
        _refusing.Dispose();
    }
}
