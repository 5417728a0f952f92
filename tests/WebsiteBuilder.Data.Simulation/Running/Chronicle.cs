using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Testing.Judging;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>
/// What really happened to the keys of one shard, read from all branches of its log. Versions of a key count its writes in the order of the branch
/// that survived; writes that didn't survive follow from <see cref="Observation.FirstLost"/> on, those of the branch that was left last first, so that
/// versions grow along every branch.
/// </summary>
internal sealed class Chronicle
{
    private readonly Dictionary<LogRecord, long> _versions = [];
    private readonly Dictionary<(int Key, long Version), LogRecord> _byVersion = [];
    private readonly Dictionary<long, List<LogRecord>> _byValue = [];
    private readonly Dictionary<int, List<LogRecord>> _deletes = [];
    private readonly Dictionary<int, long> _lost = [];
    private readonly Dictionary<string, int> _keys = [];
    private readonly SimulatedShard _shard;

    public Chronicle(Stage stage, SimulatedShard shard)
    {
        _shard = shard;
        for (var key = shard.Number; key < stage.Territories.Count * stage.World.Workload.Keys; key += stage.Territories.Count)
        {
            _keys.Add(WriteDecision.KeyOf(Item.Map, stage.KeyOf(key)), key);
        }

        var versions = new Dictionary<int, long>();
        foreach (var record in Records(Surviving))
        {
            if (KeyOf(record) is { } key)
            {
                Add(record, key, versions[key] = versions.GetValueOrDefault(key) + 1);
            }
        }

        foreach (var branch in shard.Branches.Where(branch => branch != Surviving).OrderByDescending(static branch => branch.Ordinal))
        {
            AddLost(Records(branch));
        }

        foreach (var branch in shard.Branches)
        {
            AddLost(branch.Lost);
        }
    }

    public LogBranch Surviving => _shard.Primary.Log;

    /// <summary>Whether a branch is the surviving one, or one that it grew from.</summary>
    public bool Survives(int ordinal)
    {
        for (var branch = Surviving; branch is not null; branch = branch.Parent)
        {
            if (branch.Ordinal == ordinal)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All versions of all keys, and where they stand in the log.</summary>
    public IEnumerable<LogEntry> Entries => _byVersion.Select(static entry =>
        new LogEntry(entry.Key.Key, entry.Key.Version, entry.Value.Branch.Ordinal, (long)entry.Value.End));

    /// <summary>Whether a branch has the write that left a version of a key behind.</summary>
    public bool Holds(int branch, Observation written) =>
        _byVersion.TryGetValue((written.Key, written.Versions[0]), out var record) && _shard.Branches[branch].Holds(record);

    public bool Holds(int branch, LogRecord record) => _shard.Branches[branch].Holds(record);

    public LogEntry EntryOf(LogRecord record) => new(KeyOf(record)!.Value, _versions[record], record.Branch.Ordinal, (long)record.End);

    /// <summary>Where a write stands; null if it isn't in the log.</summary>
    public LogEntry? EntryOf(Observation written) => _byVersion.TryGetValue((written.Key, written.Versions[0]), out var record) ? EntryOf(record) : null;

    /// <summary>The log records of what was written under a value; more than one if a write was applied twice.</summary>
    public IReadOnlyList<LogRecord> Writes(long value) => _byValue.GetValueOrDefault(value) ?? [];

    /// <summary>The branch that a write is on; null if it isn't in the log.</summary>
    public int? BranchOf(Observation written) => _byVersion.TryGetValue((written.Key, written.Versions[0]), out var record) ? record.Branch.Ordinal : null;

    public long VersionOf(LogRecord record) => _versions[record];

    /// <summary>The deletes of a key that were made in a time.</summary>
    public IEnumerable<LogRecord> Deletes(int key, TimeSpan from, TimeSpan to) =>
        (_deletes.GetValueOrDefault(key) ?? []).Where(record => record.WrittenAt >= from && record.WrittenAt <= to);

    private static IEnumerable<LogRecord> Records(LogBranch branch)
    {
        for (var i = 0; i < branch.Count; i++)
        {
            yield return branch[i];
        }
    }

    public int? KeyOf(LogRecord record) =>
        record.Changes is [var change] && change.Table == Item.Map.Table && _keys.TryGetValue(change.Key, out var key) ? key : null;

    private void AddLost(IEnumerable<LogRecord> records)
    {
        foreach (var record in records)
        {
            if (!_versions.ContainsKey(record) && KeyOf(record) is { } key)
            {
                Add(record, key, Observation.FirstLost + (_lost[key] = _lost.GetValueOrDefault(key) + 1));
            }
        }
    }

    private void Add(LogRecord record, int key, long version)
    {
        _versions.Add(record, version);
        _byVersion.Add((key, version), record);
        if (record.Changes[0].Row is { } row)
        {
            var value = (long)row.Cells[1]!;
            _byValue.TryAdd(value, []);
            _byValue[value].Add(record);
        }
        else
        {
            _deletes.TryAdd(key, []);
            _deletes[key].Add(record);
        }
    }
}
