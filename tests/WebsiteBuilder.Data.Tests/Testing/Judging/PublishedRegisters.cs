using System.Globalization;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>Histories of others as histories of ours. The number of an event is its time: nothing overlaps that didn't.</summary>
internal static class PublishedRegisters
{
    /// <summary>A log of Jepsen's test of etcd, judged as Porcupine does: a failed compare-and-set says that the register held something else.</summary>
    public static List<RegisterOperation> Etcd(string log)
    {
        var history = new List<RegisterOperation>();
        var open = new Dictionary<string, int>();
        foreach (var (line, i) in log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static (line, i) => (line, i)))
        {
            var words = line.Split([' ', '\t', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
            var (process, type, action, value) = (words[3], words[4], words[5], words.Length > 6 ? words[6] : "nil");
            if (type == ":invoke")
            {
                open[process] = history.Count;
                history.Add(new RegisterOperation
                {
                    Process = int.Parse(process, CultureInfo.InvariantCulture),
                    Action = action switch { ":read" => RegisterAction.Read, ":write" => RegisterAction.Write, _ => RegisterAction.CompareAndSet },
                    Value = Number(action == ":cas" ? words[7] : value),
                    Expected = action == ":cas" ? Number(value) : null,
                    Invoked = TimeSpan.FromMilliseconds(i),
                });
            }
            else if (open.Remove(process, out var index) && type != ":info")
            {
                history[index] = history[index] with
                {
                    Completed = TimeSpan.FromMilliseconds(i),
                    Refused = type == ":fail",
                    Value = action == ":read" ? Number(value) : history[index].Value,
                };
            }
        }

        return history;
    }

    /// <summary>
    /// A history of Knossos' <c>cas-register</c>: what failed had no effect and says nothing, and a read of nil fits every value.
    /// </summary>
    public static List<RegisterOperation> CasRegister(string edn) =>
    [
        .. Calls(edn).Where(static call => call.Action != "read" || call.Answer is not null).Select(static call => new RegisterOperation
        {
            Process = call.Process,
            Action = call.Action switch { "read" => RegisterAction.Read, "write" => RegisterAction.Write, _ => RegisterAction.CompareAndSet },
            Value = call.Action switch { "read" => (long?)call.Answer, "write" => (long?)call.Argument, _ => (long?)((List<object?>)call.Argument!)[1] },
            Expected = call.Action == "cas" ? (long?)((List<object?>)call.Argument!)[0] : null,
            Invoked = call.Invoked,
            Completed = call.Completed,
        }),
    ];

    /// <summary>The calls of a Knossos history that may have had an effect.</summary>
    public static List<PublishedCall> Calls(string edn)
    {
        var events = Edn.Read(edn);
        events = events is [List<object?> all] ? all : events;
        var calls = new List<PublishedCall?>();
        var open = new Dictionary<long, int>();
        foreach (var (entry, i) in events.Cast<Dictionary<string, object?>>().Select(static (entry, i) => (entry, i)))
        {
            if (entry["process"] is not long process)
            {
                // The nemesis, whose deeds are faults.
                continue;
            }

            if ((string)entry["type"]! == "invoke")
            {
                open[process] = calls.Count;
                calls.Add(new PublishedCall((int)process, (string)entry["f"]!, entry["value"], null, TimeSpan.FromMilliseconds(i), null));
            }
            else if (open.Remove(process, out var index))
            {
                calls[index] = (string)entry["type"]! switch
                {
                    "ok" => calls[index]! with { Answer = entry["value"], Completed = TimeSpan.FromMilliseconds(i) },
                    "fail" => null,
                    _ => calls[index],
                };
            }
        }

        return [.. calls.OfType<PublishedCall>()];
    }

    private static long? Number(string text) => text == "nil" ? null : long.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>A call with what it was given, and, if it was answered, with what it got.</summary>
internal sealed record PublishedCall(int Process, string Action, object? Argument, object? Answer, TimeSpan Invoked, TimeSpan? Completed);
