namespace WebsiteBuilder.Data.Testing;

/// <summary>One timer of a <see cref="ManualTimeProvider"/>. Its due time and order change under the provider's lock, outside of the queue only.</summary>
internal sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
{
    public static readonly IComparer<ManualTimer> ByDueTime = Comparer<ManualTimer>.Create(static (one, other) =>
        one.Due != other.Due ? one.Due.CompareTo(other.Due) : one.Order.CompareTo(other.Order));

    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private volatile bool _disposed;

    public long Due { get; set; }

    public long Order { get; set; } = -1;

    public long Period { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        RequireSpan(dueTime, nameof(dueTime));
        RequireSpan(period, nameof(period));
        if (_disposed)
        {
            return false;
        }

        time.Set(this, dueTime, period);
        return true;
    }

    public void Fire()
    {
        if (_disposed)
        {
            return;
        }

        if (_context is null)
        {
            callback(state);
        }
        else
        {
            ExecutionContext.Run(_context, static self => ((ManualTimer)self!).Call(), this);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        time.Remove(this);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Call() => callback(state);

    private static void RequireSpan(TimeSpan span, string parameter)
    {
        if (span < TimeSpan.Zero && span != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(parameter, span, "The span must be zero or more, or infinite.");
        }
    }
}
