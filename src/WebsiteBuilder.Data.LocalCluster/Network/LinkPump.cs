using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Carries one direction of one connection: every byte leaves one trip after it came, in order.</summary>
/// <remarks>
/// Bytes that need not wait go straight from socket to socket. Others are copied into a queue with the instant at which
/// they are due; instants never decrease, so jitter cannot reorder. At most <see cref="MaxQueuedBytes"/> wait, then the
/// sender feels back pressure as it would from a full pipe.
/// </remarks>
internal sealed class LinkPump(
    Socket source, Socket target, NetworkLink link, LinkDirection direction, LinkConnection connection, Random random) : IDisposable
{
    private const int MaxQueuedBytes = 16 * 1024 * 1024;
    private const int BufferSize = 32 * 1024;

    private readonly Channel<Parcel> _queue = Channel.CreateUnbounded<Parcel>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly SemaphoreSlim _drained = new(0, 1);
    private readonly LinkLane _lane = link.Lane(direction);
    private int _queuedParcels;
    private int _queuedBytes;
    private long _lastDue;

    /// <summary>Takes bytes until the source ends. A reset of the source is queued, too: the bytes before it are still delivered.</summary>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReceiveUntilEndAsync(cancellationToken).ConfigureAwait(false);
            _queue.Writer.Complete();
        }
        catch (Exception error)
        {
            _queue.Writer.Complete(error);
        }
    }

    /// <summary>Delivers what has to wait, and the end of the stream.</summary>
    /// <exception cref="SocketException">Either side was reset: the other must be told the same.</exception>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        await foreach (var parcel in _queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await link.Timer.WaitUntilAsync(parcel.Due).ConfigureAwait(false);
            await _lane.Gate.PassAsync(cancellationToken).ConfigureAwait(false);
            await SendPacedAsync(parcel.Bytes.AsMemory(0, parcel.Count), cancellationToken).ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(parcel.Bytes);
            Interlocked.Decrement(ref _queuedParcels);
            if (Interlocked.Add(ref _queuedBytes, -parcel.Count) <= MaxQueuedBytes && _drained.CurrentCount == 0)
                _drained.Release();
        }

        // The end of the stream travels like a byte would.
        await link.Timer.WaitUntilAsync(PreciseTimer.After(PreciseTimer.Now, link.SampleOneWay(direction, random))).ConfigureAwait(false);
        await _lane.Gate.PassAsync(cancellationToken).ConfigureAwait(false);
        target.Shutdown(SocketShutdown.Send);
    }

    public void Dispose() => _drained.Dispose();

    private async Task ReceiveUntilEndAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (true)
        {
            var count = await source.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0) return;
            _lane.Count(count);
            var taken = connection.Admit(count, direction);

            var trip = link.SampleOneWay(direction, random);
            if (trip == TimeSpan.Zero && _lane.IsClear && Volatile.Read(ref _queuedParcels) == 0)
                await SendAllAsync(buffer.AsMemory(0, taken), cancellationToken).ConfigureAwait(false);
            else
                Enqueue(buffer.AsSpan(0, taken), trip);
            // What came before is still delivered, as with a reset of the source.
            if (taken < count) throw new SocketException((int)SocketError.ConnectionReset);
            while (Volatile.Read(ref _queuedBytes) > MaxQueuedBytes)
                await _drained.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Enqueue(ReadOnlySpan<byte> bytes, TimeSpan trip)
    {
        var copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(copy);
        _lastDue = Math.Max(_lastDue, PreciseTimer.After(PreciseTimer.Now, trip));
        Interlocked.Increment(ref _queuedParcels);
        Interlocked.Add(ref _queuedBytes, bytes.Length);
        _queue.Writer.TryWrite(new Parcel(copy, bytes.Length, _lastDue));
    }

    private async ValueTask SendPacedAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var (count, throughAt) = _lane.Reserve(bytes.Length);
            await link.Timer.WaitUntilAsync(throughAt).ConfigureAwait(false);
            await SendAllAsync(bytes[..count], cancellationToken).ConfigureAwait(false);
            bytes = bytes[count..];
        }
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
            bytes = bytes[await target.SendAsync(bytes, cancellationToken).ConfigureAwait(false)..];
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Parcel(byte[] Bytes, int Count, long Due);
}
