namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>One statement that writes, alone and with the operation rows that it leaves behind.</summary>
/// <param name="Bare">Alone.</param>
/// <param name="WithAttempt">With the row of its attempt, whose id follows the statement's own parameters.</param>
/// <param name="WithKey">With a row for its idempotency key as well: the attempt's id, the key's, and the request follow.</param>
/// <param name="Staged">As one of several in a transaction, which fails if this one was to match something and didn't.</param>
/// <param name="StagedAnswers">Whether that returns a row.</param>
internal sealed record WriteSql(string Bare, string WithAttempt, string WithKey, string Staged, bool StagedAnswers)
{
    /// <summary>Puts the forms together.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="returning">How it returns the version; empty if it learns none.</param>
    /// <param name="outcome">The outcome to store, from <see cref="OperationSql"/>.</param>
    /// <param name="parameters">How many parameters the statement has.</param>
    public static WriteSql Of(string statement, string returning, string outcome, int parameters)
    {
        var (written, version) = returning.Length == 0
            ? ($"WITH wbd_written AS ({statement})", "0::bigint")
            : ($"WITH wbd_written (version) AS ({statement}{returning})", "COALESCE((SELECT version FROM wbd_written), 0)");
        return new WriteSql(
            statement + returning,
            $"{written} {OperationSql.Insert} VALUES (${parameters + 1}, NULL, {version}, {outcome}) {OperationSql.Returning}",
            $"{written} {OperationSql.Insert} SELECT entry.id, entry.request, {version}, {outcome} FROM (VALUES (${parameters + 1}::uuid, NULL::uuid), (${parameters + 2}, ${parameters + 3})) AS entry (id, request) {OperationSql.Returning}",
            outcome == OperationSql.Applied ? statement : $"{written} SELECT wbd.require_applied({outcome})",
            outcome != OperationSql.Applied);
    }

    public string For(OperationRows? operation) => operation switch
    {
        null => Bare,
        { Key: null } => WithAttempt,
        _ => WithKey,
    };
}

/// <summary>The parts of statements that concern operation rows. The numbers are <see cref="OperationOutcome"/>'s.</summary>
internal static class OperationSql
{
    public const string Insert = "INSERT INTO wbd.operation (id, request, version, outcome)";

    /// <summary>In front of a statement that fails as a whole if it doesn't write.</summary>
    public const string InsertAttempt = Insert + " VALUES ($1, NULL, 0, 1)";

    /// <summary>As <see cref="InsertAttempt"/>, with a row for the idempotency key.</summary>
    public const string InsertAttemptAndKey = Insert + " VALUES ($1, NULL, 0, 1), ($2, $3, 0, 1)";

    public const string Returning = "RETURNING version, outcome";

    /// <summary>The statement can't miss: it writes, or fails as a whole.</summary>
    public const string Applied = "1::smallint";

    public const string AppliedIfWritten = "(CASE WHEN EXISTS (SELECT FROM wbd_written) THEN 1 ELSE 2 END)::smallint";

    /// <summary>
    /// Whoever comes late finds the row, and must not be told that it was written: waits for an original that is still on its way to its commit, and
    /// makes one that hasn't come this far fail.
    /// </summary>
    public const string Abandon = "INSERT INTO wbd.operation (id, version, outcome) VALUES ($1, 0, 4) ON CONFLICT (id) DO NOTHING";

    /// <summary>
    /// In a statement of its own, whose snapshot shows what <see cref="Abandon"/> ran into. The message makes this transaction's commit wait for
    /// the durability that is asked for, and behind it the row is as durable: its own commit may not have waited.
    /// </summary>
    public const string Find =
        "SELECT CASE WHEN pg_logical_emit_message(true, 'wbd', '') IS NOT NULL THEN version END, outcome, request FROM wbd.operation WHERE id = $1";

    /// <summary>The rows of a transaction that is about to commit: its own, and that of its idempotency key.</summary>
    public const string Record = $"{Insert} VALUES ($1, NULL, 0, {Applied})";

    public const string RecordWithKey = $"{Insert} VALUES ($1, NULL, 0, {Applied}), ($2, $3, 0, {Applied})";

    public const string Sweep = "SELECT wbd.sweep_operations($1, $2, $3, $4)";

    /// <summary>If the statement demands a version: applied, or whether anything has the key.</summary>
    /// <param name="row">The table and the condition that finds the key's row.</param>
    public static string AppliedIfExpected(string row) =>
        $"(CASE WHEN EXISTS (SELECT FROM wbd_written) THEN 1 WHEN EXISTS (SELECT FROM {row}) THEN 3 ELSE 2 END)::smallint";
}
