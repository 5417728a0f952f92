namespace WebsiteBuilder.Data.Clusters;

/// <summary>A gate that bytes of one direction pass; closed, it holds them.</summary>
internal sealed class HoldGate
{
    // Null while open, so that the common case is one read.
    private volatile TaskCompletionSource? _closed;

    public bool IsOpen => _closed is null;

    public void Close()
    {
        if (_closed is null)
            Interlocked.CompareExchange(ref _closed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
    }

    public void Open() => Interlocked.Exchange(ref _closed, null)?.TrySetResult();

    public async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        while (_closed is { } closed)
            await closed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
