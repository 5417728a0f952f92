namespace WebsiteBuilder.Data.Stores;

/// <summary>
/// What a member of an engine that promotes by itself says of its cluster. A hint and nothing more: it is true of the moment in which the member looked, and who is primary is what nodes prove.
/// </summary>
/// <param name="Leader">The name that the engine gives to its leader; null if there is none, or none that takes writes.</param>
/// <param name="LeaderAddress">Host and port of the leader's own interface, if they are told.</param>
/// <param name="Timeline">The leader's timeline; 0 if it isn't told.</param>
/// <param name="IsPaused">Whether the engine was told to change nothing.</param>
/// <param name="Switchover">When a switchover is due, in the engine's own words; null if none is.</param>
internal sealed record EngineView(string? Leader, string? LeaderAddress, long Timeline, bool IsPaused, string? Switchover);

/// <summary>One member of an engine that promotes by itself, asked over an interface of its own. Thread-safe.</summary>
internal interface IEngineMember : IDisposable
{
    /// <summary>Host and port of the interface.</summary>
    string Address { get; }

    /// <summary>Asks once, with no limit of time. Null if nothing comes back that makes sense.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<EngineView?> AskAsync(CancellationToken cancellationToken);
}
