using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The row that a write's statement returned: a version, with operation rows the outcome too, and what was asked for if that was looked up.</summary>
/// <param name="Outcome">The outcome; none if no row was returned.</param>
/// <param name="Version">The version.</param>
/// <param name="Request">What was asked for under an idempotency key.</param>
internal readonly record struct WriteAnswer(OperationOutcome Outcome, long Version, Guid? Request)
{
    public bool Applied => Outcome == OperationOutcome.Applied;

    public static WriteAnswer Read(NpgsqlDataReader reader) => new(
        reader.FieldCount > 1 ? (OperationOutcome)reader.GetInt16(1) : OperationOutcome.Applied,
        reader.GetInt64(0),
        reader.FieldCount > 2 && !reader.IsDBNull(2) ? reader.GetGuid(2) : null);
}
