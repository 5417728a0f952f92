namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>What an operation of a history does.</summary>
public enum OperationKind
{
    /// <summary>Not said. Judges pass over it.</summary>
    Unspecified = 0,

    /// <summary>Sees versions of one key or several, in one snapshot.</summary>
    Read = 1,

    /// <summary>Leaves a version of one key behind.</summary>
    Write = 2,

    /// <summary>Makes the past of another session, as it stood at the invocation, part of the own past.</summary>
    Merge = 3,

    /// <summary>
    /// The session was told that writes of a shard were lost (<see cref="SessionHistoryLostException"/>) and goes on with what remains: from
    /// the completion on, what it has written and seen there binds only as far as it survived.
    /// </summary>
    Forget = 4,
}
