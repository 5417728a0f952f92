using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Text.RegularExpressions;

namespace WebsiteBuilder.Data.Benchmarks.Breakdown;

/// <summary>
/// Listens to the runtime's own samples of allocations: each tells a type and the bytes since the sample before. (.NET documentation,
/// "Runtime garbage collection events", GCAllocationTick.)
/// </summary>
internal sealed partial class AllocationSamples : EventListener
{
    private const EventKeywords GarbageCollection = (EventKeywords)1;
    private readonly ConcurrentDictionary<string, long> _bytes = new(StringComparer.Ordinal);

    /// <summary>The types that got the most bytes, the greediest first.</summary>
    public IEnumerable<(string Type, long Bytes)> Take(int count) =>
        _bytes.OrderByDescending(static pair => pair.Value).Take(count).Select(static pair => (pair.Key, pair.Value));

    /// <summary>
    /// A type as people say it: without namespaces and type arguments, and for what an async method keeps while it waits, the method.
    /// </summary>
    public static string Readable(string type)
    {
        if (AsyncMethod().Matches(type) is { Count: > 0 } methods && type.Contains("StateMachineBox", StringComparison.Ordinal))
        {
            return $"waiting: {methods[0].Groups["type"].Value}.{methods[0].Groups["method"].Value}";
        }

        var name = type.Split('[')[0];
        return name[(name.LastIndexOf('.') + 1)..] + (type.EndsWith("[]", StringComparison.Ordinal) ? "[]" : "");
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, GarbageCollection);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) == true
            && Field(eventData, "AllocationAmount64") is ulong bytes && Field(eventData, "TypeName") is string type)
        {
            _bytes.AddOrUpdate(Readable(type), (long)bytes, (_, sum) => sum + (long)bytes);
        }
    }

    // Namespace.Type`2+<Method>d__3, maybe within a closure.
    [GeneratedRegex(@"(?<type>\w+)(`\d+)?(\+<>c\w*)?\+<+(?<method>\w+)>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AsyncMethod();

    private static object? Field(EventWrittenEventArgs data, string name) =>
        data.PayloadNames?.IndexOf(name) is >= 0 and var index ? data.Payload?[index] : null;
}
