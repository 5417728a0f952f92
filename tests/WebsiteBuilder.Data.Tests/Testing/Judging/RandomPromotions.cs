using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>
/// A shard whose log forks anywhere at any time, clients that ask any branch, and sessions as plain sets of writes: naive, and sequential.
/// </summary>
internal sealed class RandomPromotions
{
    public RandomPromotions(int seed)
    {
        var random = new Random(seed);
        var logs = new List<List<(LogEntry Entry, long Position)>> { new() };
        var forks = new List<Fork>();
        var entries = new List<LogEntry>();
        var sessions = Enumerable.Range(0, 3).Select(static _ => new HashSet<LogEntry>()).ToArray();
        for (var at = 0; at < 60; at++)
        {
            var session = random.Next(sessions.Length);
            var branch = random.Next(3) == 0 ? random.Next(logs.Count) : logs.Count - 1;
            var lacks = !sessions[session].All(logs[branch].Select(static held => held.Entry).ToHashSet().Contains);
            switch (random.Next(10))
            {
                case 0:
                    var shared = random.Next(logs[branch].Count + 1);
                    forks.Add(new Fork(0, logs.Count, branch, shared));
                    logs.Add([.. logs[branch].Take(shared)]);
                    break;
                case 1:
                    sessions[session].UnionWith(sessions[(session + 1) % 3]);
                    History.Add(Steps.Merge(at * 2, session, (session + 1) % 3));
                    break;
                case 2 or 3:
                    sessions[session].IntersectWith(logs[branch].Select(static held => held.Entry));
                    History.Add(Steps.Forget(at * 2, session, branch));
                    break;
                case < 7:
                    var entry = new LogEntry(0, at + 1, branch, logs[branch].Count + 1);
                    logs[branch].Add((entry, entry.Position));
                    entries.Add(entry);
                    Answer(Steps.Write(at * 2, session, 0, entry.Version).On(branch), lacks);
                    sessions[session].Add(entry);
                    break;
                default:
                    if (logs[branch].Count > 0)
                    {
                        var seen = logs[branch][random.Next(logs[branch].Count)].Entry;
                        Answer(Steps.Read(at * 2, session, 0, seen.Version).On(branch), lacks);
                        sessions[session].Add(seen);
                    }

                    break;
            }
        }

        Branches = new Branches(forks, entries);
    }

    public Branches Branches { get; }

    public List<Operation> History { get; } = [];

    /// <summary>The answers that lacked something.</summary>
    public List<int> Untold { get; } = [];

    private void Answer(Operation operation, bool lacks)
    {
        if (lacks)
        {
            Untold.Add(History.Count);
        }

        History.Add(operation);
    }
}
