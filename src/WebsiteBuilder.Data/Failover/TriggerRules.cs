namespace WebsiteBuilder.Data.Failover;

/// <summary>Beyond which values a node is in trouble. Immutable.</summary>
internal sealed record TriggerTable(TimeSpan Lag, double Cpu, double Memory, double Disk)
{
    /// <summary>The values of the seeds.</summary>
    public static readonly TriggerTable Default = new(TimeSpan.FromSeconds(30), 90, 95, 85);

    /// <summary>Whether a trigger may replace a primary. All others only say that somebody should look, and which of equal standbys to prefer.</summary>
    public static bool MayPromote(FailoverTrigger trigger) => trigger == FailoverTrigger.Unreachable;

    /// <summary>What a node is beyond. Exactly at a limit is not beyond it; what isn't known isn't either.</summary>
    public IReadOnlyList<FailoverTrigger> Raised(bool isUnreachable, TimeSpan? lag, NodeUsage? usage)
    {
        var raised = new List<FailoverTrigger>();
        Add(isUnreachable, FailoverTrigger.Unreachable);
        Add(lag > Lag, FailoverTrigger.ReplicationLag);
        Add(usage?.Cpu > Cpu, FailoverTrigger.Cpu);
        Add(usage?.Memory > Memory, FailoverTrigger.Memory);
        Add(usage?.Disk > Disk, FailoverTrigger.Disk);
        return raised;

        void Add(bool isBeyond, FailoverTrigger trigger)
        {
            if (isBeyond)
            {
                raised.Add(trigger);
            }
        }
    }
}

/// <summary>Counts a node's checks: so many failures in a row take it out of sight, so many successes bring it back.</summary>
internal sealed class CheckCount(int failuresToAct, int successesToReturn)
{
    private int _failures;
    private int _successes;

    /// <summary>Whether the last check failed.</summary>
    public bool IsFailing => _failures > 0;

    /// <summary>Whether it is out of sight. A node that was never seen is so only after as many failures as any other.</summary>
    public bool IsOut { get; private set; }

    public void Note(bool worked)
    {
        _failures = worked ? 0 : Math.Min(_failures + 1, failuresToAct);
        _successes = worked ? Math.Min(_successes + 1, successesToReturn) : 0;
        IsOut = IsOut ? _successes < successesToReturn : _failures >= failuresToAct;
    }
}
