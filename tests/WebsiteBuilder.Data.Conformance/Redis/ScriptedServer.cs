using System.Net.Sockets;
using System.Text;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Listens like a Redis server, and answers what the test wants.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private readonly Func<int, string, string?> _answer;
    private readonly CancellationTokenSource _stop = new();
    private int _connections;

    /// <param name="answer">Given the number of the connection, from 1, and a command; null hangs up, an empty text says nothing.</param>
    public ScriptedServer(Func<int, string, string?> answer)
    {
        _answer = answer;
        _listener = new LoopbackListener(client => ServeAsync(client, Interlocked.Increment(ref _connections)));
    }

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How many bytes go out at a time.</summary>
    public int Piece { get; init; } = int.MaxValue;

    public int Port => _listener.Port;

    public RedisChannelOptions Options() => new() { Endpoints = { $"127.0.0.1:{Port}" } };

    /// <summary>What a new server says to HELLO and ROLE.</summary>
    public static string? Greeting(string command) => command switch
    {
        "HELLO" => "%1\r\n+server\r\n+redis\r\n",
        "ROLE" => "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
        _ => null,
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _stop.Dispose();
    }

    // Blocks a thread of its own, as reading commands with the reader of replies needs it.
    private Task ServeAsync(TcpClient client, int number) => Task.Factory.StartNew(
        () =>
        {
            using (client)
            using (_stop.Token.Register(client.Close))
            {
                try
                {
                    var stream = client.GetStream();
                    RespReader reader = new(stream, new RespLimits(1 << 20));
                    while (_answer(number, reader.Read().Reply.Items[0].AsString()!) is { } answer)
                    {
                        foreach (var piece in Encoding.Latin1.GetBytes(answer).Chunk(Piece))
                        {
                            stream.Write(piece);
                        }
                    }
                }
                catch (Exception error) when (error is IOException or ObjectDisposedException or EndOfStreamException or InvalidOperationException)
                {
                    // The client hung up.
                }
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
