using System.Net;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>One accepted connection and its continuation to the server.</summary>
internal sealed class LinkConnection(Socket client, int targetPort, NetworkLink link, int seed) : IDisposable
{
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _reset = new();
    private int _aborted;
    private long _lastByteAt = PreciseTimer.Now;
    private long _carried;
    private bool _isAsked;

    /// <summary>Carries bytes until both sides have ended or one was reset, then closes both the same way.</summary>
    public async Task RunAsync()
    {
        try
        {
            client.NoDelay = true;
            await link.Timer.WaitUntilAsync(PreciseTimer.After(PreciseTimer.Now, link.Handshake)).ConfigureAwait(false);
            await _server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, targetPort), _reset.Token).ConfigureAwait(false);

            using var toServer = new LinkPump(client, _server, link, LinkDirection.ToServer, this, new Random(seed));
            using var toClient = new LinkPump(_server, client, link, LinkDirection.ToClient, this, new Random(~seed));
            await Task.WhenAll(
                GuardAsync(toServer.ReceiveAsync(_reset.Token)),
                GuardAsync(toServer.SendAsync(_reset.Token)),
                GuardAsync(toClient.ReceiveAsync(_reset.Token)),
                GuardAsync(toClient.SendAsync(_reset.Token))).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Abort();
        }
    }

    /// <summary>How long ago the last byte came; zero while the client's was the last, so that an answer may be on its way.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _isAsked) ? TimeSpan.Zero : TimeProvider.System.GetElapsedTime(Interlocked.Read(ref _lastByteAt));

    /// <summary>Takes note of bytes; returns how many of them pass before the link resets the connection.</summary>
    public int Admit(int count, LinkDirection direction)
    {
        Interlocked.Exchange(ref _lastByteAt, PreciseTimer.Now);
        Volatile.Write(ref _isAsked, direction == LinkDirection.ToServer);
        var before = Interlocked.Add(ref _carried, count) - count;
        return link.Resets?.Bytes is { } limit ? (int)Math.Clamp(limit - before, 0, count) : count;
    }

    /// <summary>Resets both sides: neither sees a graceful end.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0) return;
        SetReset(client);
        SetReset(_server);
        client.Dispose();
        _server.Dispose();
        try
        {
            _reset.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
        _reset.Dispose();
    }

    private static void SetReset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed already, or never connected.
        }
    }

    // The three other loops may wait for ever on a peer that has gone.
    private async Task GuardAsync(Task loop)
    {
        try
        {
            await loop.ConfigureAwait(false);
        }
        catch
        {
            Abort();
            throw;
        }
    }
}
