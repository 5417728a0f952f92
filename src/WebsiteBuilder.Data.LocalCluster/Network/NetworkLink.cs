using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>The simulated network between a region's clients and one node or Redis server, or between a replica and its upstream.</summary>
/// <remarks>
/// A listener on 127.0.0.1 that carries bytes to the node's real port, half a round trip later each way; a new connection waits
/// one more round trip, as a handshake does. Bytes are never lost, changed or reordered while a connection lives. Thread-safe.
/// Faults compose: a link that was cut by itself stays cut when <see cref="LocalNode.HealAsync"/> heals its node.
/// </remarks>
public sealed partial class NetworkLink : IDisposable
{
    private readonly Socket _listener;
    private readonly Socket? _poolerListener;
    private readonly Func<LocalNode>? _target;
    private readonly LocalNode? _source;
    private readonly ConcurrentDictionary<LinkConnection, byte> _connections = new();
    private readonly LinkLane _toServer = new();
    private readonly LinkLane _toClient = new();
    private readonly int _seed;
    private long _roundTripTicks;
    private long _jitterTicks;
    private long _accepted;
    private long _refused;
    private long _sequence;
    private volatile bool _cut;
    private volatile ResetRule? _resets;
    private volatile bool _disposed;

    internal NetworkLink(RegionId from, Func<LocalNode> target, LocalNode? source, PreciseTimer timer, int seed, bool toPooler = false)
    {
        From = from;
        Timer = timer;
        _target = target;
        _source = source;
        _seed = seed;
        _listener = Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = AcceptAsync(_listener, () => Target.Port);
        if (toPooler)
        {
            _poolerListener = Listen();
            PoolerPort = ((IPEndPoint)_poolerListener.LocalEndPoint!).Port;
            _ = AcceptAsync(_poolerListener, () => Target.PoolerPort!.Value);
        }
    }

    /// <summary>A link to a server of another kind.</summary>
    internal NetworkLink(RegionId from, int targetPort, PreciseTimer timer, int seed)
    {
        From = from;
        Timer = timer;
        _seed = seed;
        _listener = Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = AcceptAsync(_listener, () => targetPort);
    }

    /// <summary>Where the client, or the replica, is.</summary>
    public RegionId From { get; }

    /// <summary>The node at the far end; on a replication link, the upstream of the moment.</summary>
    /// <exception cref="InvalidOperationException">A Redis server is there.</exception>
    public LocalNode Target => _target?.Invoke() ?? throw new InvalidOperationException("The link leads to a Redis server.");

    /// <summary>The port on 127.0.0.1 that the near end connects to.</summary>
    public int Port { get; }

    /// <summary>The port on 127.0.0.1 that leads to the node's pooler instead, over the same distance; null if it has none.</summary>
    public int? PoolerPort { get; }

    /// <summary>
    /// The time for a byte and its answer. Starts as the published value times <see cref="LocalClusterOptions.LatencyScale"/>, and as
    /// zero within a region, where loopback costs about as much as the published 0.1 ms. Setting it holds from the next byte on, also on
    /// open connections, and exactly: <see cref="Jitter"/> becomes zero. Range 0 to 10 s.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or longer than 10 s.</exception>
    public TimeSpan RoundTrip
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _roundTripTicks));
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromSeconds(10));
            SetTrip(value, TimeSpan.Zero);
        }
    }

    /// <summary>The standard deviation of the round trip, from the published table.</summary>
    public TimeSpan Jitter => TimeSpan.FromTicks(Interlocked.Read(ref _jitterTicks));

    /// <summary>True if new connections are refused: the link was cut, or a node at an end of it is isolated.</summary>
    public bool IsCut => _cut || _target?.Invoke().IsIsolated == true || _source is { IsIsolated: true };

    /// <summary>Connections open now.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>Connections accepted and not refused since the start.</summary>
    public long TotalConnections => Interlocked.Read(ref _accepted);

    /// <summary>Connections refused since the start.</summary>
    public long RefusedConnections => Interlocked.Read(ref _refused);

    /// <summary>Bytes taken from clients since the start, delivered or held.</summary>
    public long BytesToServer => _toServer.Bytes;

    /// <summary>Bytes taken from the server since the start, delivered or held.</summary>
    public long BytesToClient => _toClient.Bytes;

    internal PreciseTimer Timer { get; }

    /// <summary>Closes the listener and every connection. The cluster does this when it is disposed.</summary>
    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        _poolerListener?.Dispose();
        ResetConnections();
    }

    /// <summary>Why connections are reset, if the link does so by itself.</summary>
    internal ResetRule? Resets => _resets;

    /// <summary>A real handshake takes one round trip before the first byte can leave.</summary>
    internal TimeSpan Handshake => RoundTrip + _toServer.Delay + _toClient.Delay;

    internal LinkLane Lane(LinkDirection direction) => direction == LinkDirection.ToServer ? _toServer : _toClient;

    internal bool Touches(LocalNode node) => _target?.Invoke() == node || _source == node;

    internal void SetTrip(TimeSpan roundTrip, TimeSpan jitter)
    {
        Interlocked.Exchange(ref _roundTripTicks, roundTrip.Ticks);
        Interlocked.Exchange(ref _jitterTicks, jitter.Ticks);
    }

    /// <summary>Half a round trip, give or take; two such halves have the published deviation together. And what the direction takes beyond that.</summary>
    internal TimeSpan SampleOneWay(LinkDirection direction, Random random)
    {
        var half = RoundTrip / 2;
        var jitter = Jitter;
        if (jitter != TimeSpan.Zero)
        {
            half += jitter / Math.Sqrt(2) * LinkLane.Normal(random);
            half = half > TimeSpan.Zero ? half : TimeSpan.Zero;
        }

        return half + Lane(direction).SampleDelay(random);
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        return listener;
    }

    private async Task AcceptAsync(Socket listener, Func<int> targetPort)
    {
        while (!_disposed)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The listener was closed, or the client has gone before it was accepted.
                continue;
            }

            _ = ServeAsync(client, targetPort());
        }
    }

    private async Task ServeAsync(Socket client, int targetPort)
    {
        using var connection = new LinkConnection(client, targetPort, this, _seed + (int)Interlocked.Increment(ref _sequence));
        _connections.TryAdd(connection, 0);
        // Looked at after the connection is listed: a cut either sees it there or is seen here.
        if (IsCut || _disposed)
        {
            Interlocked.Increment(ref _refused);
            connection.Abort();
        }
        else
        {
            Interlocked.Increment(ref _accepted);
            await connection.RunAsync().ConfigureAwait(false);
        }

        _connections.TryRemove(connection, out _);
    }
}
