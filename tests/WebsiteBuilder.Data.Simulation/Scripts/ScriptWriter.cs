using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>Draws a script for a world from a seed.</summary>
internal sealed class ScriptWriter
{
    private static readonly TimeSpan FirstFault = TimeSpan.FromSeconds(0.5);
    private readonly World _world;
    private readonly Workload _work;
    private readonly Draw _draw;
    private readonly KeyChoice _keys;
    private readonly Repeats _repeats;
    private readonly int _shards;
    private readonly List<Step> _steps = [];

    private ScriptWriter(World world, int shards, int seed)
    {
        _world = world;
        _work = world.Workload;
        _draw = new Draw(seed);
        _repeats = new Repeats(world.Workload.IdempotencyKeys, new Draw(~seed));
        _shards = shards;
        _keys = new KeyChoice(shards * _work.Keys);
    }

    public static Script Write(World world, int shards, int seed)
    {
        var writer = new ScriptWriter(world, shards, seed);
        var busy = (writer._work.Think + (writer._work.Beat ?? TimeSpan.Zero)) * (writer._work.Steps / writer._work.Workers);
        var faults = writer.Faults(busy);
        for (var worker = 0; worker < writer._work.Workers; worker++)
        {
            for (var i = 0; i < writer._work.Steps / writer._work.Workers; i++)
            {
                writer.Add(writer.Step(worker));
                if (writer._repeats.Next() is { } again)
                {
                    writer.Add(again);
                }
            }

            writer._repeats.Forget();
            writer.AddHealed(worker);
        }

        return new Script(world.Name, seed, faults, writer._steps, busy + world.LongestFault);
    }

    private List<Fault> Faults(TimeSpan busy)
    {
        var faults = new List<Fault>();
        foreach (var (kind, times) in _world.Faults)
        {
            for (var i = _draw.Between(0, times * 2); i > 0; i--)
            {
                faults.Add(Fault(kind, busy));
            }
        }

        return [.. faults.OrderBy(static fault => fault.At).Select(static (fault, i) => fault with { Number = i + 1 })];
    }

    private Fault Fault(FaultKind kind, TimeSpan busy) => new()
    {
        Number = 0,
        Kind = kind,
        At = _draw.Between(FirstFault, busy),
        Lasts = _draw.Between(TimeSpan.FromMilliseconds(20), _world.LongestFault),
        Shard = _draw.Below(_shards),
        Node = _draw.Below(16),
        Other = _draw.Below(16),
        From = _draw.Below(_world.Regions.Count),
        To = _draw.Below(_world.Regions.Count),
        Amount = _draw.Share(),
    };

    private Step Step(int worker)
    {
        var kind = _draw.Weighted(_work.Kinds);
        var level = _draw.Weighted(_work.Levels);
        return new Step
        {
            Number = 0,
            Worker = worker,
            Kind = kind,
            Think = _draw.Around(_work.Think),
            Key = kind == StepKind.Delete ? OwnKey(worker) : _keys.Next(_draw),
            Count = _draw.Between(2, 6),
            Level = level,
            Bound = _draw.Between(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(5)),
            Barrier = level == ConsistencyLevel.Strong && _draw.Chance(_work.Barriers),
            OnlyRegionOf = _draw.Chance(_work.RegionRequests) ? _draw.Below(_world.Regions.Count) : null,
            Durability = _draw.Weighted(_work.Durabilities),
            Timeout = _draw.Chance(_work.ShortDeadlines) ? _draw.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1)) : TimeSpan.FromSeconds(10),
            GivesUpAfter = _draw.Chance(_work.GivingUp) ? _draw.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(400)) : null,
            Other = kind == StepKind.Merge ? _draw.Below(_work.Workers) : _draw.Below(_world.Regions.Count),
        };
    }

    /// <summary>A delete has no value to know it by, so each key is deleted by one worker only.</summary>
    private int OwnKey(int worker)
    {
        var all = _shards * _work.Keys;
        return (worker + (_work.Workers * _draw.Below(Math.Max(1, all / _work.Workers)))) % all;
    }

    private void AddHealed(int worker)
    {
        for (var shard = 0; shard < _shards; shard++)
        {
            var key = shard + (_shards * _draw.Below(_work.Keys));
            Add(Healed(worker, StepKind.Upsert, key, ConsistencyLevel.Session));
            if (_work.IdempotencyKeys > 0)
            {
                Add(Healed(worker, StepKind.Upsert, key, ConsistencyLevel.Session) with { IdempotencyKey = _steps.Count + 1 });
                Add(_steps[^1]);
            }

            Add(Healed(worker, StepKind.Find, key, ConsistencyLevel.Session));
            Add(Healed(worker, StepKind.Find, key, ConsistencyLevel.BoundedStaleness));
            Add(Healed(worker, StepKind.Find, key, ConsistencyLevel.Strong) with { GivesUpAfter = worker % 4 == 0 ? _work.PatienceAtPeace : null });
        }
    }

    private Step Healed(int worker, StepKind kind, int key, ConsistencyLevel level) => new()
    {
        Number = 0,
        Worker = worker,
        Kind = kind,
        Think = TimeSpan.FromMilliseconds(20),
        Key = key,
        Level = level,
        Bound = TimeSpan.FromSeconds(5),
        Barrier = level == ConsistencyLevel.Strong && _work.Barriers > 0,
        Durability = WriteDurability.RemoteFlush,
        Timeout = TimeSpan.FromSeconds(10),
        Healed = true,
    };

    private void Add(Step step)
    {
        var number = _steps.Count + 1;
        var isUnreadable = _work.Unreadable > 0 && step is { Kind: StepKind.Upsert, Healed: false } && _draw.Chance(_work.Unreadable);
        step = step with { Number = number, Value = step.Value != 0 ? step.Value : isUnreadable ? -number : number };
        _steps.Add(step.Kind == StepKind.Upsert && !step.Healed ? _repeats.Note(step) : step);
    }
}
