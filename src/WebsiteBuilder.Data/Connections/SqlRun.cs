using System.Data;
using System.Data.Common;

namespace WebsiteBuilder.Data.Connections;

/// <summary>How commands and batches run alike.</summary>
internal static class SqlRun
{
    /// <exception cref="InvalidOperationException">There is no connection, or it isn't open.</exception>
    public static SqlLane Lane(RoutedConnection? connection) =>
        connection?.Lane ?? throw new InvalidOperationException("Set the connection first.");

    /// <exception cref="ArgumentException">It is another kind of connection.</exception>
    public static RoutedConnection? Routed(DbConnection? connection) => connection is null or RoutedConnection
        ? (RoutedConnection?)connection
        : throw new ArgumentException("A command of a routed connection runs on routed connections only.", nameof(connection));

    /// <exception cref="ArgumentException">It is another kind of transaction.</exception>
    public static RoutedTransaction? Routed(DbTransaction? transaction) => transaction is null or RoutedTransaction
        ? (RoutedTransaction?)transaction
        : throw new ArgumentException("A command of a routed connection runs in that connection's transactions only.", nameof(transaction));

    /// <summary>Runs what has ended when its result is there, and lets the session learn the position if it committed by itself.</summary>
    public static async ValueTask<T> ToEndAsync<TState, T>(
        RoutedConnection? connection,
        TState state,
        Func<TState, bool, CancellationToken, ValueTask<T>> call,
        Func<T, bool> showsRows,
        bool async,
        CancellationToken cancellationToken)
    {
        var lane = Lane(connection);
        var commits = connection!.IsAutocommit;
        var result = await lane.RunAsync(state, call, commits, async, cancellationToken).ConfigureAwait(false);
        if (commits && connection.Routes.Scope.Writes)
        {
            await lane.NotePositionAsync(showsRows(result), async).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Runs what returns a reader, and closes the connection behind it if that was asked for.</summary>
    public static async ValueTask<DbDataReader> ReaderAsync<TState>(
        RoutedConnection? connection,
        CommandBehavior behavior,
        TState state,
        Func<TState, bool, CancellationToken, ValueTask<DbDataReader>> call,
        bool async,
        CancellationToken cancellationToken)
    {
        var closes = behavior.HasFlag(CommandBehavior.CloseConnection) ? connection : null;
        try
        {
            var lane = Lane(connection);
            return await lane.RunAsync(state, call, connection!.IsAutocommit, async, cancellationToken, closes is null ? null : closes.CloseBehindReader)
                .ConfigureAwait(false);
        }
        catch when (closes is not null)
        {
            await closes.CloseAsync(async).ConfigureAwait(false);
            throw;
        }
    }
}
