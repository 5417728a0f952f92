namespace WebsiteBuilder.Data.Testing;

/// <summary>A fault that a node of an <see cref="SimulatedCluster"/> can be asked for.</summary>
public enum SimulatedFault
{
    /// <summary>An error that the library can't classify. A write isn't applied, but that isn't known until it is asked for.</summary>
    Unknown = 0,

    /// <summary>No connection can be made; nothing is sent.</summary>
    Unreachable = 1,

    /// <summary>The connection is lost before the operation runs. Whether a write was applied isn't known; it was not.</summary>
    Interrupted = 2,

    /// <summary>The connection is lost after the operation has run. Whether a write was applied isn't known; it was.</summary>
    AnswerLost = 3,

    /// <summary>The server gives up for lack of time; a write is not applied.</summary>
    Timeout = 4,

    /// <summary>The server has no room for another connection or operation.</summary>
    Throttled = 5,

    /// <summary>The server says that it isn't what the client takes it for.</summary>
    WrongRole = 6,

    /// <summary>A concurrent transaction contradicts a write.</summary>
    Serialization = 7,

    /// <summary>The server refuses the statement itself.</summary>
    Rejected = 8,

    /// <summary>A read is cancelled because it is in the way of replay. Meant for reads at replicas.</summary>
    ReplayConflict = 9,

    /// <summary>
    /// A write is in the primary's log, and then the server goes down, before any standby or the caller is answered: as by <see cref="SimulatedNode.Kill"/>, so that it
    /// must be restarted. At <see cref="WriteDurability.Off"/> the write is lost, else it stands. Other operations meet a server that goes down before they run.
    /// </summary>
    Crash = 10,
}

/// <summary>Kinds of operations that reach a node.</summary>
[Flags]
public enum SimulatedOperations
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Reads of entities.</summary>
    Reads = 1,

    /// <summary>Writes of entities.</summary>
    Writes = 2,

    /// <summary>Questions of a client's monitor: role, history.</summary>
    Probes = 4,

    /// <summary>Samples of the primary's position, taken by a client's monitor.</summary>
    Samples = 8,

    /// <summary>Questions of a client how a write ended whose answer it lost, and how one under its idempotency key did.</summary>
    Resolutions = 16,

    /// <summary>All of them.</summary>
    All = Reads | Writes | Probes | Samples | Resolutions,
}
