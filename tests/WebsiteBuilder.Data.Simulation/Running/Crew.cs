using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>The workers' sessions, and all calls that they made, in the order in which those ended.</summary>
internal sealed class Crew
{
    private readonly Stage _stage;
    private readonly List<Call> _calls = [];
    private int _sessions;

    public Crew(Stage stage, int workers, int sharedPairs)
    {
        _stage = stage;
        Seats = new Seat[workers];
        for (var worker = 0; worker < workers; worker++)
        {
            Seats[worker] = worker >= workers - (2 * sharedPairs) && worker % 2 == 1
                ? Seats[worker - 1]
                : Open(worker % stage.Processes.Count, isShared: worker >= workers - (2 * sharedPairs));
        }
    }

    public Seat[] Seats { get; }

    public IReadOnlyList<Call> Calls => _calls;

    public void Record(Call call) => _calls.Add(call);

    /// <summary>Merges, moves to another process, or begins a new session.</summary>
    public Task ChangeSeat(int worker, Step step)
    {
        var seat = Seats[worker];
        switch (step.Kind)
        {
            case StepKind.Merge:
                var other = Seats[step.Other];
                seat.Session.Merge(SessionToken.Parse(other.Session.Token.ToString()));
                Record(Said(step, seat, OperationKind.Merge) with { Other = other.Number });
                break;
            case StepKind.HandOver when !seat.IsShared:
                seat.Move(step.Other, Resume(step.Other, seat.Session.Token));
                break;
            case StepKind.Open when !seat.IsShared:
                seat.Renew(_sessions++, step.Other, _stage.Processes[step.Other].OpenSession());
                break;
        }

        return Task.CompletedTask;
    }

    /// <summary>Does what an application does when its session is told of a loss, or is refused.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="used">The session that it called.</param>
    /// <param name="error">What it was told.</param>
    /// <param name="shard">The shard's number.</param>
    public void Heed(int worker, IDataSession used, Exception? error, int shard)
    {
        var seat = Seats[worker];
        if (!ReferenceEquals(seat.Session, used))
        {
            return;
        }

        switch (error)
        {
            case SessionHistoryLostException lost when !seat.IsShared:
                GoOn(worker, seat, lost.Remaining, _stage.Cluster.Shards[shard]);
                break;
            case SessionHistoryLostException or InvalidSessionTokenException:
                seat.Renew(_sessions++, seat.Process, _stage.Processes[seat.Process].OpenSession());
                break;
        }
    }

    /// <summary>Begins a session that takes over what is left of the old one's past.</summary>
    private void GoOn(int worker, Seat seat, SessionToken remaining, SimulatedShard shard)
    {
        var before = seat.Number;
        seat.Renew(_sessions++, seat.Process, _stage.Processes[seat.Process].OpenSession(remaining));
        var step = new Step { Number = 0, Worker = worker, Kind = StepKind.Open };
        var branch = BranchOf(remaining, shard);
        Record(Said(step, seat, OperationKind.Merge) with { Other = before, Shard = shard.Number, Branch = branch });
        Record(Said(step, seat, OperationKind.Forget) with { Shard = shard.Number, Branch = branch });
    }

    /// <summary>The branch that a token goes on with.</summary>
    private static int? BranchOf(SessionToken token, SimulatedShard shard)
    {
        foreach (var floor in token.Floors)
        {
            if (floor.Shard.Number == shard.Number && shard.Branches.FirstOrDefault(branch => branch.History?.Id == floor.History) is { } named)
            {
                return named.Ordinal;
            }
        }

        return null;
    }

    /// <summary>Where each node of a shard is.</summary>
    public static IReadOnlyDictionary<string, Whereabouts> WhereaboutsOf(SimulatedShard shard)
    {
        var nodes = new Dictionary<string, Whereabouts>(shard.Nodes.Count, StringComparer.Ordinal);
        foreach (var node in shard.Nodes)
        {
            nodes.Add(node.Name, new Whereabouts(node.Log.Ordinal, node.IsPrimary ? ulong.MaxValue : node.Replay.Replayed));
        }

        return nodes;
    }

    /// <summary>
    /// The branch that a node answered from, given where it was before; null if it changed branches meanwhile, or was a replica that had nothing yet that is not on
    /// other branches too.
    /// </summary>
    public static int? BranchOf(SimulatedShard shard, string? endpoint, IReadOnlyDictionary<string, Whereabouts> before)
    {
        if (endpoint is null || !before.TryGetValue(endpoint, out var was) || shard[endpoint].Log.Ordinal != was.Branch)
        {
            return null;
        }

        var isShared = was.Replayed <= shard.Branches[was.Branch].ForkedAt
            || shard.Branches.Any(branch => branch.Parent?.Ordinal == was.Branch && branch.ForkedAt >= was.Replayed);
        return isShared ? null : was.Branch;
    }

    private Call Said(Step step, Seat seat, OperationKind kind) => new()
    {
        Step = step,
        Kind = kind,
        Session = seat.Number,
        Process = seat.Process,
        Invoked = _stage.Now,
        Completed = _stage.Now,
    };

    private IDataSession Resume(int process, SessionToken token) => _stage.Processes[process].OpenSession(SessionToken.Parse(token.ToString()));

    private Seat Open(int process, bool isShared) => new(_sessions++, process, _stage.Processes[process].OpenSession(), isShared);
}
