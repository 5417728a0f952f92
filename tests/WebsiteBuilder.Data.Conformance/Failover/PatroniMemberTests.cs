using System.Net;
using System.Net.Sockets;
using System.Text;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.Patroni;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>What listens at a member's address may be anything: it costs no more than a question without an answer.</summary>
public sealed class PatroniMemberTests
{
    private const string Body = """{"members": [{"name": "a", "role": "leader", "timeline": 3, "api_url": "http://10.0.0.1:8008/patroni"}]}""";

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + Body)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n68\r\n" + Body + "\r\n0\r\n\r\n")]
    public async Task An_answer_is_read(string answer) =>
        Assert.Equal(new EngineView("a", "10.0.0.1:8008", 3, IsPaused: false, Switchover: null), await AskAsync(answer));

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n")]
    [InlineData("HTTP/1.0 502 Bad Gateway\r\n\r\n" + Body)]
    [InlineData("HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/cluster\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n<html></html>")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + Body)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + Body)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + Body)]
    public async Task Anything_else_is_no_answer(string answer) => Assert.Null(await AskAsync(answer));

    [Fact]
    public async Task An_answer_without_end_is_given_up_and_so_are_headers_without_end()
    {
        Assert.Null(await AskAsync("HTTP/1.0 200 OK\r\n\r\n", andThen: new string(' ', 10_000)));
        Assert.Null(await AskAsync("HTTP/1.0 200 OK\r\n", andThen: "X-More: and more\r\n"));
    }

    [Fact]
    public async Task Nobody_there_is_no_answer_and_who_gives_up_is_let_go()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var member = new PatroniMember(Url(listener));
        using var stop = new CancellationTokenSource();
        var asking = member.AskAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);

        listener.Stop();
        Assert.Null(await member.AskAsync(CancellationToken.None));
    }

    /// <summary>What is made of an answer, after which the server hangs up, or sends the same again and again for as long as anybody listens.</summary>
    private static async Task<EngineView?> AskAsync(string answer, string? andThen = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = Url(listener);
        var serving = ServeAsync(listener, answer, andThen);
        using var member = new PatroniMember(url);
        var view = await member.AskAsync(CancellationToken.None);
        Assert.StartsWith("GET /cluster HTTP/1.1\r\n", await serving, StringComparison.Ordinal);
        return view;
    }

    private static async Task<string> ServeAsync(TcpListener listener, string answer, string? andThen)
    {
        using var client = await listener.AcceptTcpClientAsync();

        // Who is hung up on without a word may try again at once.
        listener.Stop();
        await using var stream = client.GetStream();
        var request = new byte[4_096];
        var length = await stream.ReadAsync(request);
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            while (andThen is not null)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(andThen));
            }
        }
        catch (IOException)
        {
            // Nobody listens any more.
        }

        return Encoding.ASCII.GetString(request, 0, length);
    }

    private static Uri Url(TcpListener listener) => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
}
