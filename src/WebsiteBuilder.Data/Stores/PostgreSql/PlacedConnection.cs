using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// One of the library's own connections, and the place that it holds while it is in use. Disposing gives both back; a connection on which all went well is kept open, with what it has
/// prepared.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="places">Where its place is from.</param>
/// <param name="idle">Where it is kept; null if it isn't.</param>
/// <param name="lost">Hears that the connection was lost; null if nobody needs to.</param>
/// <param name="generation">How often all idle ones had been closed before this one was opened.</param>
/// <param name="openedAt">When it was opened.</param>
internal sealed class PlacedConnection(
    NpgsqlConnection connection, ConnectionPlaces places, IdleConnections? idle = null, Action? lost = null, int generation = 0, TimeSpan openedAt = default) : IAsyncDisposable
{
    /// <summary>Nobody resets idle connections sooner than that.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<object, KeyCommand> _commands = [];
    private bool _isLost;

    public NpgsqlConnection Connection => connection;

    public int Generation => generation;

    public TimeSpan OpenedAt => openedAt;

    /// <summary>The run of the server that it leads to; null if that isn't known.</summary>
    public ServerRun? Run { get; set; }

    /// <summary>Whether its user has left nothing on it, such as an open transaction. Say so when it is sure.</summary>
    public bool IsClean { get; set; }

    /// <summary>When it was last in use.</summary>
    public TimeSpan IdleSince { get; set; }

    /// <summary>How long it was idle before this use; zero for one that was made for it.</summary>
    public TimeSpan IdleFor { get; set; }

    /// <summary>A command of this connection's own, to be used again with other keys.</summary>
    public KeyCommand Command<TStatements>(TStatements statements, Func<TStatements, string> text)
        where TStatements : class
    {
        if (!_commands.TryGetValue(statements, out var command))
        {
            _commands.Add(statements, command = new KeyCommand(new NpgsqlCommand(text(statements), connection)));
        }

        return command;
    }

    /// <summary>Notes what ended its use: where one connection is lost, the idle ones are likely to be.</summary>
    public StoreFaultException Failed(StoreFaultException fault)
    {
        _isLost |= fault.Kind == StoreFaultKind.Interrupted;
        return fault;
    }

    /// <summary>
    /// Whether the connection was probably lost while it was idle, so that the fault says nothing of the node; one that is made anew does. One that is lost between two uses in a row
    /// was lost by the node: to ask that twice each time would double what a node is asked that fails half of it.
    /// </summary>
    public bool IsOldNews(StoreFaultException fault) => fault.Kind == StoreFaultKind.Interrupted && IdleFor >= Idle;

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_isLost)
            {
                lost?.Invoke();
            }

            if (!IsClean || idle is null || !idle.TryKeep(this))
            {
                DisposeCommands();
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Gives a clean connection back to the driver, which takes no time. That it is broken is nobody's concern any more.</summary>
    public void Close()
    {
        try
        {
            DisposeCommands();
            connection.Dispose();
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or IOException)
        {
            // The driver has let go of it.
        }
    }

    private void DisposeCommands()
    {
        foreach (var command in _commands.Values)
        {
            command.Command.Dispose();
        }

        _commands.Clear();
    }
}

/// <summary>A command, and what writes keys into its parameters.</summary>
internal sealed class KeyCommand(NpgsqlCommand command)
{
    private readonly KeyParameters _key = new(command.Parameters);

    public NpgsqlCommand Command => command;

    /// <summary>For the next key.</summary>
    public EntityWriter Key => _key.Restart();
}
