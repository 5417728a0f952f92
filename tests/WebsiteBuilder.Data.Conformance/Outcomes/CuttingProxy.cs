using System.Net;
using System.Net.Sockets;
using System.Text;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Outcomes;

/// <summary>
/// Carries connections to one server and resets one of them at an exact byte of one exchange, which it knows by a text in the request.
/// </summary>
internal sealed class CuttingProxy : IDisposable
{
    /// <summary>Of a row: the message's type and length, how many columns there are, and the first one's length.</summary>
    private const int BeforeFirstColumn = 1 + 4 + 2 + 4;

    private const byte NoData = (byte)'n';
    private readonly LoopbackListener _listener;
    private readonly int _server;
    private volatile Cut? _cut;

    public CuttingProxy(int server)
    {
        _server = server;
        _listener = new LoopbackListener(client => ServeAsync(client.Client));
    }

    public int Port => _listener.Port;

    /// <summary>Arms one cut. Both sides are reset once so many bytes have passed.</summary>
    /// <param name="text">The request holds it.</param>
    /// <param name="beforeCommit">Of the request passes all up to so many bytes before the word COMMIT; null to let all of it pass.</param>
    /// <param name="answered">How many bytes of the answer pass, if all of the request does.</param>
    public Cut Arm(string text, int? beforeCommit, int answered) => _cut = new Cut(Encoding.UTF8.GetBytes(text), beforeCommit, answered);

    /// <summary>Arms one answer that makes no sense to the driver: instead of a row there is a message that can't stand there. Nothing is reset.</summary>
    /// <param name="text">The request holds it, and the row begins with it.</param>
    public Cut Garble(string text) => _cut = new Cut(Encoding.UTF8.GetBytes(text), null, int.MaxValue) { Garbles = true };

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var _ = client;
        client.NoDelay = true;
        await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _server));
        var carried = new Carried();
        await Task.WhenAny(CarryAsync(client, server, carried, isRequest: true), CarryAsync(server, client, carried, isRequest: false));
        foreach (var socket in new[] { client, server })
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }

    private async Task CarryAsync(Socket source, Socket target, Carried carried, bool isRequest)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var count = await source.ReceiveAsync(buffer);
                var passes = isRequest ? Request(buffer.AsSpan(0, count), carried) : Answer(buffer.AsSpan(0, count), carried);
                for (var sent = 0; sent < passes;)
                {
                    sent += await target.SendAsync(buffer.AsMemory(sent, passes - sent));
                }

                if (count == 0 || passes < count || carried.Cut is { IsDue: true })
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
    }

    private int Request(ReadOnlySpan<byte> bytes, Carried carried)
    {
        if (_cut is not { } cut || bytes.IndexOf(cut.Text) < 0)
        {
            return bytes.Length;
        }

        _cut = null;
        carried.Cut = cut;
        if (cut.BeforeCommit is not { } before)
        {
            return bytes.Length;
        }

        // A connection that knows the statement already sends its name only, near the end.
        var commit = bytes.IndexOf("COMMIT"u8);
        cut.IsDue = true;
        return Math.Clamp((commit < 0 ? bytes.Length - 100 : commit) - before, 0, bytes.Length);
    }

    private static int Answer(Span<byte> bytes, Carried carried)
    {
        if (carried.Cut is not { BeforeCommit: null, IsDue: false } cut)
        {
            return carried.Cut is { IsDue: true } ? 0 : bytes.Length;
        }

        if (cut.Garbles && bytes.IndexOf(cut.Text) is >= BeforeFirstColumn and var column)
        {
            bytes[column - BeforeFirstColumn] = NoData;
            carried.Cut = null;
        }

        var passes = Math.Min(bytes.Length, cut.Answered - cut.Seen);
        cut.Seen += bytes.Length;
        cut.IsDue = cut.Seen >= cut.Answered;
        return passes;
    }

    internal sealed class Cut(byte[] text, int? beforeCommit, int answered)
    {
        public byte[] Text { get; } = text;

        public int? BeforeCommit { get; } = beforeCommit;

        public int Answered { get; } = answered;

        /// <summary>Whether the answer is garbled instead.</summary>
        public bool Garbles { get; init; }

        /// <summary>How many bytes the server has answered.</summary>
        public int Seen { get; set; }

        /// <summary>Whether the connection is reset.</summary>
        public bool IsDue { get; set; }
    }

    private sealed class Carried
    {
        public volatile Cut? Cut;
    }
}
