using System.Diagnostics;

namespace WebsiteBuilder.Data.Connections;

/// <summary>
/// Where ADO.NET's blocking members meet the engine. Code that runs with <c>async: false</c> blocks in the driver and has completed when it
/// returns; choosing a node is the engine's business, which is asynchronous, and is waited for.
/// </summary>
internal static class Blocking
{
#pragma warning disable VSTHRD002, CA2012, MA0042 // This is the place that blocks, on purpose: nothing it waits for needs the caller's thread.
    /// <summary>The result of what has completed already.</summary>
    public static T Completed<T>(ValueTask<T> task)
    {
        Debug.Assert(task.IsCompleted, "Something awaited although it was asked to block.");
        return task.GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Completed{T}(ValueTask{T})"/>
    public static void Completed(ValueTask task)
    {
        Debug.Assert(task.IsCompleted, "Something awaited although it was asked to block.");
        task.GetAwaiter().GetResult();
    }

    /// <summary>Blocks until the engine is done.</summary>
    public static void Wait(Task task) => task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002, CA2012, MA0042

    /// <summary>Disposes, awaiting or blocking.</summary>
    public static ValueTask DisposeAsync<T>(T what, bool async)
        where T : IDisposable, IAsyncDisposable
    {
        if (async)
        {
            return what.DisposeAsync();
        }

        what.Dispose();
        return ValueTask.CompletedTask;
    }
}
