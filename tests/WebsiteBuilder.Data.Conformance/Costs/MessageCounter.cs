using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Costs;

/// <summary>
/// Stands between clients and a server and counts what clients send, by the protocol's own messages: a Sync or a simple Query ends a round
/// trip, an Execute runs a statement. (PostgreSQL documentation, "Frontend/Backend Protocol", "Message Flow".) Preparing doesn't count: it travels along.
/// </summary>
internal sealed class MessageCounter : IAsyncDisposable
{
    private const int HeaderLength = 5;
    private readonly LoopbackListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;
    private int _roundTrips;
    private int _statements;

    private MessageCounter(LocalNode node)
    {
        _port = node.Port;
        _listener = new LoopbackListener(ServeAsync);
        ConnectionString = new NpgsqlConnectionStringBuilder(node.DirectConnectionString()) { Port = _listener.Port }.ConnectionString;
    }

    /// <summary>The way to the server through the counter.</summary>
    public string ConnectionString { get; }

    public Cost Total => new(Volatile.Read(ref _roundTrips), Volatile.Read(ref _statements));

    public static MessageCounter InFrontOf(LocalNode node) => new(node);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var server = new TcpClient { NoDelay = true };
            using (client)
            {
                client.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _port, _stop.Token);
                await Task.WhenAny(ForwardAsync(client.GetStream(), server.GetStream()), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or EndOfStreamException)
        {
            // Either end went away, and the other one sees that.
        }
    }

    /// <summary>The first message has no type; all others begin with theirs, and their length follows.</summary>
    private async Task ForwardAsync(NetworkStream from, NetworkStream to)
    {
        var header = new byte[HeaderLength];
        var isFirst = true;
        while (true)
        {
            var (start, length) = isFirst ? (0, 4) : (1, HeaderLength);
            await from.ReadExactlyAsync(header.AsMemory(0, length), _stop.Token);
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(start)) + start];
            header.AsSpan(0, length).CopyTo(message);
            await from.ReadExactlyAsync(message.AsMemory(length), _stop.Token);
            if (!isFirst)
            {
                Count((char)header[0]);
            }

            isFirst = false;
            await to.WriteAsync(message, _stop.Token);
        }
    }

    private void Count(char type)
    {
        switch (type)
        {
            case 'S':
                Interlocked.Increment(ref _roundTrips);
                break;
            case 'E':
                Interlocked.Increment(ref _statements);
                break;
            case 'Q':
                Interlocked.Increment(ref _roundTrips);
                Interlocked.Increment(ref _statements);
                break;
        }
    }
}

/// <summary>What an operation asked of a server.</summary>
internal readonly record struct Cost(int RoundTrips, int Statements)
{
    public static Cost operator -(Cost after, Cost before) => new(after.RoundTrips - before.RoundTrips, after.Statements - before.Statements);
}
