namespace WebsiteBuilder.Data.Runtime;

/// <summary>Work that one caller begins and many share: it carries neither the tracing nor the logging scopes of whoever was first.</summary>
internal readonly struct SharedWork : IDisposable
{
    private readonly AsyncFlowControl? _flow;

    private SharedWork(AsyncFlowControl? flow) => _flow = flow;

    /// <summary>Until it is disposed, on the same thread, what is begun captures nothing of the caller's.</summary>
    public static SharedWork Begin() => new(ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow());

    public void Dispose() => _flow?.Undo();
}
