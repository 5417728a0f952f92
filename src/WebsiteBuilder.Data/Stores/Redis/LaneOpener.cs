using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Makes a connection and greets the server. Blocks, on a thread made for it.</summary>
internal static class LaneOpener
{
    public static LaneLink Open(RedisSettings settings, RedisEndpoint endpoint, LaneKind kind, Action received)
    {
        var socket = Connect(endpoint, settings);
        try
        {
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            // Holds for the handshake and the greeting. Later on, time is kept for each call.
            stream.ReadTimeout = stream.WriteTimeout = (int)settings.ConnectTimeout.TotalMilliseconds;
            if (settings.Tls is { } tls)
            {
                stream = Secure(stream, tls, endpoint.Host);
            }

            var reader = new RespReader(stream, new RespLimits(settings.MaxReplyBytes)) { Received = received };
            var role = Greet(settings, kind, stream, reader);
            socket.ReceiveTimeout = socket.SendTimeout = 0;
            return new LaneLink(socket, stream, reader, role, settings.Runtime.Time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket Connect(RedisEndpoint endpoint, RedisSettings settings)
    {
        IPAddress[] addresses = IPAddress.TryParse(endpoint.Host, out var literal) ? [literal] : Dns.GetHostAddresses(endpoint.Host);
        SocketException? last = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                Connect(socket, new IPEndPoint(address, endpoint.Port), settings);
                KeepAlive(socket);
                return socket;
            }
            catch (SocketException error)
            {
                socket.Dispose();
                last = error;
            }
            catch (ObjectDisposedException)
            {
                last = new SocketException((int)SocketError.TimedOut);
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }

    // A socket that was told once not to block never blocks again: the platform then waits by a detour over threads of its own, at every read.
    // So its connect blocks, too, and a timer ends it: late, if the thread pool is starved, but calls keep their deadlines by themselves.
    private static void Connect(Socket socket, EndPoint endpoint, RedisSettings settings)
    {
        using var limit = settings.Runtime.Time.CreateTimer(static socket => ((Socket)socket!).Dispose(), socket, settings.ConnectTimeout, Timeout.InfiniteTimeSpan);
        socket.Connect(endpoint);
    }

    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    private static SslStream Secure(Stream plain, SslClientAuthenticationOptions options, string host)
    {
        var secure = new SslStream(plain, leaveInnerStreamOpen: false);
        secure.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = options.TargetHost ?? host,
            ClientCertificates = options.ClientCertificates,
            CertificateChainPolicy = options.CertificateChainPolicy,
            CertificateRevocationCheckMode = options.CertificateRevocationCheckMode,
            EnabledSslProtocols = options.EnabledSslProtocols,
            RemoteCertificateValidationCallback = options.RemoteCertificateValidationCallback,
            LocalCertificateSelectionCallback = options.LocalCertificateSelectionCallback,
        });
        return secure;
    }

    private static NodeRole Greet(RedisSettings settings, LaneKind kind, Stream stream, RespReader reader)
    {
        Conversation talk = new(stream, reader);
        List<RedisArgument> hello = ["3"];
        if (settings.Password is { } password)
        {
            hello.AddRange(["AUTH", settings.User ?? "default", password]);
        }

        hello.AddRange(["SETNAME", settings.ClientName]);
        var answer = talk.Ask("HELLO", [.. hello]);
        if (answer.Kind == RedisReplyKind.Error)
        {
            if (answer.ErrorCode is not ("NOPROTO" or "ERR"))
            {
                throw ServerErrors.Of(answer.ErrorText!, RedisAccess.Read, isScript: false);
            }

            GreetOld(settings, talk);
        }

        if (kind == LaneKind.ReadOnly)
        {
            talk.Require("READONLY");
        }

        if (settings.Deployment == RedisDeployment.Cluster)
        {
            return NodeRole.Unknown;
        }

        return RoleOf(talk.Ask("ROLE"));
    }

    public static NodeRole RoleOf(in RedisReply role) =>
        role.Kind == RedisReplyKind.Array && role.Items is [{ Kind: RedisReplyKind.Bytes } name, ..]
            ? name.AsString() switch
            {
                "master" => NodeRole.Primary,
                "slave" => NodeRole.Replica,
                _ => NodeRole.Unknown,
            }
            : NodeRole.Unknown;

    // A server before version 6, or a proxy that speaks the old protocol only.
    private static void GreetOld(RedisSettings settings, Conversation talk)
    {
        if (settings.Password is { } password)
        {
            talk.Require("AUTH", settings.User is { } user ? [user, password] : [password]);
        }

        talk.Require("CLIENT", "SETNAME", settings.ClientName);
    }
}
