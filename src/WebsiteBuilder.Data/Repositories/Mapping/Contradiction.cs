namespace WebsiteBuilder.Data.Repositories;

/// <summary>What domain operations throw when what is stored stands in the way: the same that the database's own constraint would.</summary>
internal static class Contradiction
{
    public static ConflictException NotFound(string operation) =>
        new("Nothing has the key.", ConflictKind.NotFound) { Operation = operation };

    public static ConflictException Of(string? constraint, string message, string operation) =>
        new(message, ConflictKind.Constraint) { Constraint = constraint, Operation = operation };
}
