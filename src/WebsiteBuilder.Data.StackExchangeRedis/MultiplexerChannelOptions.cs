namespace WebsiteBuilder.Data;

/// <summary>Settings of a <see cref="MultiplexerChannel"/>; read once, when it is made.</summary>
public sealed class MultiplexerChannelOptions
{
    /// <summary>How long a call waits for its answer if it doesn't say: 1 ms to 1 hour. Default: 1 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Messages that a subscription keeps for its reader: 1 to 1,000,000. Default: 10,000. Beyond it the oldest are dropped.</summary>
    public int MaxUnreadMessages { get; set; } = 10_000;

    /// <summary>The number of the database. Default: -1, the multiplexer's own choice.</summary>
    public int Database { get; set; } = -1;
}
