using System.Net;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Listens on the loopback, at a port that the system chooses, and has each connection served; whoever serves it owns it.</summary>
internal sealed class LoopbackListener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public LoopbackListener(Func<TcpClient, Task> serve)
    {
        _listener.Start();
        _ = AcceptAsync(serve);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<TcpClient, Task> serve)
    {
        while (true)
        {
            try
            {
                _ = serve(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }
}
