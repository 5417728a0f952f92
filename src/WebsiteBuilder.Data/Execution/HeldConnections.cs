using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Execution;

/// <summary>Reports connections that users hold for long, each once: the likeliest reason is one that nobody disposes of.</summary>
internal sealed class HeldConnections(EngineRuntime runtime, ILogger logger, string shard, TimeSpan limit)
{
    /// <summary>Watches one connection until what is returned is disposed.</summary>
    /// <param name="endpoint">Where it leads.</param>
    /// <param name="dataSet">What its data source was made for.</param>
    /// <param name="hasReader">Whether a reader is open on it.</param>
    public IDisposable Watch(string endpoint, string dataSet, Func<bool> hasReader) => runtime.Time.CreateTimer(
        _ => Log.ConnectionHeld(logger, shard, endpoint, dataSet, limit, hasReader() ? "with a reader that is open" : "without an open reader"),
        null,
        limit,
        Timeout.InfiniteTimeSpan);
}
