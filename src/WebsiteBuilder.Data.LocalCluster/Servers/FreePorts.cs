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
    private const int First = 15_000;
    private const int Last = 31_999;

    private readonly HashSet<int> _given = [];

    // A start of its own per process: clusters that start at the same time would look at the same ports in the same order.
    private int _next = First + (Environment.ProcessId * 37 % (Last - First));

    public int Next()
    {
        lock (_given)
        {
            for (var tries = First; tries <= Last; tries++)
            {
                _next = _next == Last ? First : _next + 1;
                if (!_given.Contains(_next) && IsFree(_next))
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
