namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A write at a node, for whoever wants it to stop waiting.</summary>
internal sealed class WriteWait
{
    private int _cancelledBefore;

    /// <summary>The server goes down once the write is in its log.</summary>
    public bool CrashesServer { get; set; }

    /// <summary>Whether it waits, for a row or for a standby.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>The server was asked to cancel it. One that doesn't wait is left alone.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>It waits at a node from now on, and an operator may cancel all that wait there.</summary>
    public void Begin(SimulatedNode node)
    {
        _cancelledBefore = IsWaiting ? _cancelledBefore : node.WaitsCancelled;
        IsWaiting = true;
    }

    public bool IsCancelledAt(SimulatedNode node) => IsCancelled || (IsWaiting && node.WaitsCancelled != _cancelledBefore);
}
