using System.Net;
using System.Net.Sockets;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>Stands before an interface on this machine, and lets it hang or be gone.</summary>
internal sealed class RestFront : IDisposable
{
    private readonly LoopbackListener _listener;
    private readonly List<TcpClient> _held = [];
    private readonly int _behind;
    private volatile bool _isHanging;
    private volatile bool _isGone;
    private int _carried;

    public RestFront(Uri behind)
    {
        _behind = behind.Port;
        _listener = new LoopbackListener(ServeAsync);
    }

    public Uri Url => new($"http://127.0.0.1:{_listener.Port}");

    /// <summary>Whether new connections are accepted and nothing more.</summary>
    public bool IsHanging
    {
        get => _isHanging;
        set => _isHanging = value;
    }

    /// <summary>Whether new connections are closed at once.</summary>
    public bool IsGone
    {
        get => _isGone;
        set => _isGone = value;
    }

    /// <summary>How many connections got through.</summary>
    public int Carried => Volatile.Read(ref _carried);

    public void Dispose()
    {
        _listener.Dispose();
        lock (_held)
        {
            _held.ForEach(static socket => socket.Dispose());
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        if (_isHanging)
        {
            lock (_held)
            {
                _held.Add(client);
            }

            return;
        }

        using (client)
        {
            if (_isGone)
            {
                return;
            }

            try
            {
                using var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _behind);
                Interlocked.Increment(ref _carried);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(client.GetStream()));
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // Whoever asked sees a connection that was closed.
            }
        }
    }
}
