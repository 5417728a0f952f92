using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Completes waits to a fraction of a millisecond, on one thread of its own and without spinning.</summary>
/// <remarks>
/// The platform's timers count whole milliseconds and oversleep by one or two, per hop. This thread waits on a condition
/// for whole milliseconds (the kernel is exact about those) and naps through the rest in slices, so that a shorter wait
/// that arrives meanwhile is at most one slice late.
/// </remarks>
internal sealed partial class PreciseTimer : IDisposable
{
    private const long SliceNanoseconds = 150_000;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> _waits = new();
    private readonly ManualResetEventSlim _changed = new(false, spinCount: 0);
    private Thread? _thread;
    private bool _disposed;

    /// <summary>The present, in ticks of <see cref="TimeProvider.System"/>.</summary>
    public static long Now => TimeProvider.System.GetTimestamp();

    /// <summary>The instant <paramref name="span"/> after <paramref name="start"/>.</summary>
    public static long After(long start, TimeSpan span) =>
        start + (long)(span.TotalSeconds * TimeProvider.System.TimestampFrequency);

    /// <summary>Completes at the instant; at once if it has passed or the timer is disposed.</summary>
    public Task WaitUntilAsync(long due)
    {
        if (due <= Now) return Task.CompletedTask;

        var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_disposed) return Task.CompletedTask;
            var first = !_waits.TryPeek(out _, out var earliest) || due < earliest;
            _waits.Enqueue(wait, due);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "link timer" };
                _thread.Start();
            }
            else if (first)
            {
                _changed.Set();
            }
        }

        return wait.Task;
    }

    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _disposed = true;
            thread = _thread;
            _changed.Set();
        }

        thread?.Join();
        while (_waits.TryDequeue(out var wait, out _)) wait.TrySetResult();
        _changed.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            long due;
            lock (_gate)
            {
                if (_disposed) return;
                _changed.Reset();
                var now = Now;
                while (_waits.TryPeek(out var wait, out due) && due <= now)
                {
                    _waits.Dequeue();
                    wait.TrySetResult();
                }

                if (_waits.Count == 0) due = long.MaxValue;
            }

            Rest(due);
        }
    }

    private void Rest(long due)
    {
        if (due == long.MaxValue)
        {
            _changed.Wait();
            return;
        }

        var nanoseconds = (due - Now) * (1_000_000_000 / TimeProvider.System.TimestampFrequency);
        if (nanoseconds >= 1_000_000)
            _changed.Wait((int)Math.Min(nanoseconds / 1_000_000, int.MaxValue));
        else if (nanoseconds > 0)
            _ = Nanosleep(new TimeSpec(0, (nint)Math.Min(nanoseconds, SliceNanoseconds)), 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Nanosleep(in TimeSpec duration, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
