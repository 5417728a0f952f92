using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// What to do about a refusal that a map or a schema causes. The server's own words are repeated only where they hold nothing but names and types: others quote values.
/// </summary>
internal static class RefusalAdvice
{
    public static string? Of(Exception exception) => exception switch
    {
        PostgresException postgres => Of(postgres),
        _ when PostgresFaults.IsUnsendable(exception) =>
            "The driver can't send one of the values as its column's type: it is of a type or kind that the column doesn't take, or out of its range. Correct the map, or the value; the inner error says more.",
        _ => null,
    };

    private static string? Of(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName =>
            $"The store refused: {exception.MessageText}. Run the migrations, or correct the map's table name, or the role's search_path.",
        PostgresErrorCodes.UndefinedColumn =>
            $"The store refused: {exception.MessageText}. Run the migrations, or correct the column's name in the map.",
        PostgresErrorCodes.DatatypeMismatch or PostgresErrorCodes.UndefinedFunction =>
            $"The store refused: {exception.MessageText}. The map gives a column another type than the table does: correct one of them.",
        PostgresErrorCodes.InvalidColumnReference =>
            $"The store refused: {exception.MessageText}. An upsert needs a primary key or unique constraint over exactly the map's key columns.",
        PostgresErrorCodes.InsufficientPrivilege => $"The store refused: {exception.MessageText}. Grant the role the right.",
        PostgresErrorCodes.InvalidTextRepresentation or "22P03" =>
            "The store can't read a value as the type of its column: the map gives a column another type than the table does, or the value isn't valid for it.",
        PostgresErrorCodes.StringDataRightTruncation => $"The store refused: {exception.MessageText}. Shorten the text, or widen the column.",
        PostgresErrorCodes.NumericValueOutOfRange => "A number is out of its column's range: correct the value, or widen the column.",
        PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter =>
            "A text holds something that the store can't keep, such as U+0000.",
        _ => null,
    };
}
