namespace WebsiteBuilder.Data;

/// <summary>What a <see cref="FailoverCoordinator"/> watches of a node.</summary>
public enum FailoverTrigger
{
    /// <summary>Not set.</summary>
    Unspecified = 0,

    /// <summary>It failed its health checks. The only trigger that promotes, and only of a primary.</summary>
    Unreachable = 1,

    /// <summary>A standby's data is older than allowed. Alarms only: a promotion makes no standby faster, and might lose what it lacks.</summary>
    ReplicationLag = 2,

    /// <summary>Alarms only: the load would come along to the new primary.</summary>
    Cpu = 3,

    /// <summary>Alarms only, as <see cref="Cpu"/>. A server that runs out of memory stops answering, which is <see cref="Unreachable"/>.</summary>
    Memory = 4,

    /// <summary>Alarms only: standbys hold the same data. A server whose disk is full stops, which is <see cref="Unreachable"/>.</summary>
    Disk = 5,
}
