using System.Net.Sockets;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>One open connection, from its greeting to its loss.</summary>
internal sealed class LaneLink(Socket socket, Stream stream, RespReader reader, NodeRole role, TimeProvider time) : IDisposable
{
    // Who watches with the only processor keeps the server from answering.
    private readonly BriefWatch? _watch = Environment.ProcessorCount > 1 ? new BriefWatch(time, () => socket.Available > 0, static () => Thread.Yield()) : null;

    public Stream Stream { get; } = stream;

    public RespReader Reader { get; } = reader;

    public NodeRole Role { get; } = role;

    /// <summary>Whether somebody is writing to it; guarded by the lane.</summary>
    public bool IsFlushing { get; set; }

    /// <summary>Returns when something can be read, or when to sleep until then costs less than to look for it.</summary>
    public void Watch() => _watch?.Wait();

    /// <summary>Ends it: whoever reads or writes fails at once.</summary>
    public void Abort()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }

        socket.Dispose();
    }

    public void Dispose()
    {
        socket.Dispose();
        // The stream's own way of closing may write; the socket is gone, so that it can't block.
        try
        {
            Stream.Dispose();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // Nothing to say good-bye to.
        }
    }
}

/// <summary>What a node says that it is.</summary>
internal enum NodeRole
{
    Unknown = 0,
    Primary = 1,
    Replica = 2,
}
