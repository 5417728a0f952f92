using System.Net;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Finds ports that nobody listens on.</summary>
/// <remarks>
/// Below the range from which the kernel takes ports for outgoing connections, so that no connection can take the port of a
/// stopped server. Another process may still take a port between the look and the use: servers are started again on another one.
/// </remarks>
internal sealed class FreePorts
{
    /// <summary>How far above its port a node of a Redis Cluster listens for the other nodes.</summary>
    public const int BusOffset = 10_000;

    private const int First = 15_000;
    private const int Last = 31_999;

    private readonly HashSet<int> _given = [];

    // A start of its own per process: clusters that start at the same time would look at the same ports in the same order.
    private int _next = First + (Environment.ProcessId * 37 % (Last - First));

    public int Next() => Next(First, Last, static _ => true);

    /// <summary>A port for a node of a Redis Cluster, whose second port must be free too.</summary>
    public int NextWithBus() => Next(First, Last - BusOffset, port => !_given.Contains(port + BusOffset) && IsFree(port + BusOffset) && _given.Add(port + BusOffset));

    private int Next(int first, int last, Func<int, bool> suits)
    {
        lock (_given)
        {
            for (var tries = First; tries <= Last; tries++)
            {
                _next = _next == Last ? First : _next + 1;
                if (_next >= first && _next <= last && !_given.Contains(_next) && IsFree(_next) && suits(_next))
                {
                    _given.Add(_next);
                    return _next;
                }
            }
        }

        throw new LocalClusterException($"No port between {First} and {Last} is free.");
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
