using System.Data;
using System.Net.Sockets;
using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Puts the driver's errors into the engine's words. Whatever isn't known is ambiguous.</summary>
internal static class PostgresFaults
{
    /// <summary>Raised by <c>wbd.require_history</c>: the node isn't on the history that the client knows.</summary>
    public const string WrongHistory = "WB002";

    /// <summary>Raised by <c>wbd.require_applied</c>: nothing has the key of a staged write.</summary>
    private const string NothingMatched = "WB003";

    /// <summary>Raised by <c>wbd.require_applied</c>: a staged write expected another version.</summary>
    private const string OtherVersion = "WB004";

    /// <summary>Class 40 means rolled back, but for this one: poolers raise it when they lose the server during a commit.</summary>
    private const string CompletionUnknown = "40003";

    /// <summary>What PgBouncer ends a client with that it has no server connection for. Nothing of what the client sent has gone anywhere then.</summary>
    private static readonly string[] NotPassedOn =
        ["server login has been failing", "server login failed", "pgbouncer cannot connect to server", "no more connections allowed", "query_wait_timeout"];

    /// <summary>While connecting: nothing was sent. A node that lets nobody in is of no more use than one that is down.</summary>
    public static StoreFaultException Connecting(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => Make(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, exception),
        PostgresException { SqlState: "53300" or "53200" } => Make(StoreFaultKind.Throttled, WriteDisposition.NotApplied, exception),
        NpgsqlException { InnerException: TimeoutException } when !IsSocket(exception) && exception.Message.Contains("pool", StringComparison.OrdinalIgnoreCase) =>
            Make(StoreFaultKind.Throttled, WriteDisposition.NotApplied, exception),
        _ => Make(StoreFaultKind.Unreachable, WriteDisposition.NotApplied, exception),
    };

    /// <summary>While a read was on its way.</summary>
    public static StoreFaultException Reading(Exception exception, CancellationToken cancellationToken)
    {
        var kind = exception switch
        {
            OperationCanceledException when cancellationToken.IsCancellationRequested => StoreFaultKind.Cancelled,
            PostgresException { SqlState: "57014" } when cancellationToken.IsCancellationRequested => StoreFaultKind.Cancelled,
            PostgresException postgres => KindOf(postgres),
            NpgsqlException => StoreFaultKind.Interrupted,
            _ when IsDesynchronized(exception) => StoreFaultKind.Interrupted,
            _ => StoreFaultKind.Unknown,
        };

        // A read that conflicts with replay says nothing against the node; another one answers.
        kind = kind == StoreFaultKind.Conflict ? StoreFaultKind.Throttled : kind;
        return Make(kind, WriteDisposition.NotApplied, exception);
    }

    /// <summary>Whether an error is the driver's, and not of a user's map.</summary>
    public static bool IsDrivers(Exception exception, NpgsqlConnection connection) =>
        exception is OperationCanceledException or TimeoutException || IsServersOrLost(exception, connection);

    /// <summary>
    /// Whether the server refused, or the connection is lost. What the driver can't make sense of it throws as a plain exception, and breaks the connection; from a user's map the same kind of
    /// exceptions come with a connection that is well. To be asked before anything else is done with it.
    /// </summary>
    public static bool IsServersOrLost(Exception exception, NpgsqlConnection connection) =>
        exception is NpgsqlException || (connection.FullState != ConnectionState.Open && (exception is IOException || IsDesynchronized(exception)));

    private static bool IsDesynchronized(Exception exception) => exception.GetType() == typeof(Exception);

    /// <summary>While a write was on its way.</summary>
    /// <param name="exception">The driver's error.</param>
    /// <param name="afterCommit">Whether the failed command stands behind the commit.</param>
    /// <param name="seen">Where the log stood after a refusal, 0 if that isn't known.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public static StoreFaultException Writing(Exception exception, bool afterCommit, ulong seen, CancellationToken cancellationToken)
    {
        if (exception is not PostgresException postgres)
        {
            var cancelled = exception is OperationCanceledException && cancellationToken.IsCancellationRequested;
            return Make(
                cancelled ? StoreFaultKind.Cancelled : exception is NpgsqlException || IsDesynchronized(exception) ? StoreFaultKind.Interrupted : StoreFaultKind.Unknown,
                WriteDisposition.Ambiguous,
                exception);
        }

        var kind = KindOf(postgres);
        if (WasNotPassedOn(postgres))
        {
            return Make(kind, WriteDisposition.NotApplied, exception);
        }

        if (kind == StoreFaultKind.Interrupted || postgres.BatchCommand is null || postgres.InvariantSeverity is "FATAL" or "PANIC")
        {
            // The server ended the connection; whether before or after the commit record isn't said.
            return Make(kind, WriteDisposition.Ambiguous, exception);
        }

        return Refused(postgres, kind, afterCommit ? WriteDisposition.Applied : WriteDisposition.NotApplied, seen);
    }

    private static StoreFaultException Refused(PostgresException exception, StoreFaultKind kind, WriteDisposition disposition, ulong seen) =>
        new(kind, disposition, "The server refused the write.", Explained(exception))
        {
            Code = exception.SqlState,
            Advice = RefusalAdvice.Of(exception),
            Conflict = ConflictOf(exception),
            Constraint = exception.ConstraintName,
            Position = seen,
        };

    /// <summary>While a write was on its way whose commit was not sent, so that it surely left nothing.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="isServersOrLost">What <see cref="IsServersOrLost"/> said of it.</param>
    /// <param name="seen">Where the log stood after a refusal, 0 if that isn't known.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public static StoreFaultException BeforeCommit(Exception exception, bool isServersOrLost, ulong seen, CancellationToken cancellationToken)
    {
        var postgres = exception as PostgresException;
        var kind = exception switch
        {
            StoreFaultException fault => fault.Kind,
            OperationCanceledException or PostgresException { SqlState: "57014" } when cancellationToken.IsCancellationRequested => StoreFaultKind.Cancelled,
            PostgresException => KindOf(postgres!),
            _ when isServersOrLost => StoreFaultKind.Interrupted,
            _ when IsUnsendable(exception) => StoreFaultKind.Rejected,
            _ => StoreFaultKind.Unknown,
        };

        // A connection that is lost now is as good as none: the same may be sent again.
        kind = kind == StoreFaultKind.Interrupted ? StoreFaultKind.Unreachable : kind;
        return new StoreFaultException(kind, WriteDisposition.NotApplied, "The server refused the write, or was lost before its commit.", exception)
        {
            Code = postgres?.SqlState ?? (exception as StoreFaultException)?.Code,
            Advice = RefusalAdvice.Of(exception) ?? (exception as StoreFaultException)?.Advice,
            Conflict = postgres is null ? ConflictKind.Unspecified : ConflictOf(postgres),
            Constraint = postgres?.ConstraintName,
            Position = seen,
        };
    }

    /// <summary>
    /// Sends a batch. A value that the driver can't send ends it before its commit, and costs the connection what it has prepared: the driver takes
    /// statements of the batch that it was about to prepare for prepared ones, which the server has never heard of.
    /// </summary>
    /// <exception cref="StoreFaultException">The driver refused a value.</exception>
    public static async Task<NpgsqlDataReader> SendAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            return await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsUnsendable(exception))
        {
            throw NotSent(batch.Connection, exception);
        }
    }

    /// <summary>Whether the driver refused to send a value: of a type that the parameter or column doesn't take, or out of its range.</summary>
    public static bool IsUnsendable(Exception exception) =>
        exception is InvalidCastException or ArgumentException or NotSupportedException or OverflowException or FormatException;

    /// <summary>A value can't be sent. What the driver was about to prepare on the connection is given up, because it would take it for prepared.</summary>
    public static StoreFaultException NotSent(NpgsqlConnection? connection, Exception exception)
    {
        try
        {
            connection?.UnprepareAll();
        }
        catch (Exception lost) when (lost is NpgsqlException or InvalidOperationException or TimeoutException)
        {
            // The driver has let go of the connection, and so of what was prepared.
            connection!.Close();
        }

        return Make(StoreFaultKind.Rejected, WriteDisposition.NotApplied, exception);
    }

    private static StoreFaultKind KindOf(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation when exception is { SchemaName: "wbd", ConstraintName: "operation_pkey" } => StoreFaultKind.OperationKnown,

        // The last: a function that only a primary has was called on a standby.
        WrongHistory or PostgresErrorCodes.ReadOnlySqlTransaction or "55000" => StoreFaultKind.WrongRole,
        _ when WasNotPassedOn(exception) => exception.MessageText.StartsWith("server", StringComparison.Ordinal) || exception.MessageText.StartsWith("pgbouncer", StringComparison.Ordinal)
            ? StoreFaultKind.Unreachable
            : StoreFaultKind.Throttled,
        "57P01" or "57P02" or "57P03" or "57P05" => StoreFaultKind.Interrupted,
        ['0', '8', ..] or CompletionUnknown => StoreFaultKind.Interrupted,
        ['2', '3', ..] or ['4', '0', ..] or NothingMatched or OtherVersion => StoreFaultKind.Conflict,
        ['5', '3', ..] or "55P03" => StoreFaultKind.Throttled,
        "57014" => StoreFaultKind.Timeout,
        ['5', '8', ..] or ['X', 'X', ..] => StoreFaultKind.Unknown,
        _ => StoreFaultKind.Rejected,
    };

    /// <summary>The code is that of every protocol violation, so only the text tells; it is never translated.</summary>
    private static bool WasNotPassedOn(PostgresException exception) =>
        exception.SqlState == PostgresErrorCodes.ProtocolViolation
        && Array.Exists(NotPassedOn, text => exception.MessageText.StartsWith(text, StringComparison.Ordinal));

    private static ConflictKind ConflictOf(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation => ConflictKind.AlreadyExists,
        NothingMatched => ConflictKind.NotFound,
        OtherVersion => ConflictKind.VersionMismatch,
        ['2', '3', ..] => ConflictKind.Constraint,
        ['4', '0', ..] => ConflictKind.Serialization,
        _ => ConflictKind.Unspecified,
    };

    private static StoreFaultException Make(StoreFaultKind kind, WriteDisposition disposition, Exception inner) =>
        new(kind, disposition, "The server failed or refused.", Explained(inner)) { Code = (inner as PostgresException)?.SqlState, Advice = RefusalAdvice.Of(inner) };

    /// <summary>Prepared statements that vanish, or are there already, belong to somebody else's connection.</summary>
    private static Exception Explained(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.InvalidSqlStatementName or PostgresErrorCodes.DuplicatePreparedStatement }
            ? new InvalidOperationException($"The endpoint is {PoolerCheck.NotConfigured}.", exception)
            : exception;

    private static bool IsSocket(Exception exception) => exception is SocketException || (exception.InnerException is { } inner && IsSocket(inner));
}
