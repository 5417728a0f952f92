using System.Net;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>Stands before an interface on this machine, and lets it hang or be gone.</summary>
internal sealed class RestFront : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _held = [];
    private readonly int _behind;
    private volatile bool _isHanging;
    private volatile bool _isGone;
    private int _carried;

    public RestFront(Uri behind)
    {
        _behind = behind.Port;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

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

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
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
                using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _behind));
                Interlocked.Increment(ref _carried);
                await using var near = new NetworkStream(client);
                await using var far = new NetworkStream(server);
                await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // Whoever asked sees a connection that was closed.
            }
        }
    }
}
