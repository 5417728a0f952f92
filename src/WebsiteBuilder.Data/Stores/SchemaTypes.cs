namespace WebsiteBuilder.Data.Stores;

/// <summary>
/// Which stored types surely can't hold a mapped type. Only what fails in one direction at least whatever the value is counts; whoever
/// isn't listed may have a conversion of the driver's or the application's own.
/// </summary>
internal static class SchemaTypes
{
    private static readonly Dictionary<string, string> Families = new(StringComparer.Ordinal)
    {
        ["bool"] = "a boolean",
        ["bytea"] = "bytes",
        ["date"] = "a time",
        ["timestamp"] = "a time",
        ["timestamptz"] = "a time",
        ["float4"] = "a number",
        ["float8"] = "a number",
        ["int2"] = "a number",
        ["int4"] = "a number",
        ["int8"] = "a number",
        ["numeric"] = "a number",
        ["json"] = "json or jsonb",
        ["jsonb"] = "json or jsonb",
        ["bpchar"] = "text",
        ["citext"] = "text",
        ["text"] = "text",
        ["varchar"] = "text",
        ["uuid"] = "uuid",
    };

    /// <summary>What a column needs instead of its stored type; null if that may do.</summary>
    public static string? Contradiction(ExpectedColumn column, string stored)
    {
        if (column.IsVersion)
        {
            return stored is "int8" or "" ? null : "bigint";
        }

        var needed = column.IsJson ? "json or jsonb" : FamilyOf(Nullable.GetUnderlyingType(column.Type) ?? column.Type);
        return needed is not null && Families.TryGetValue(stored, out var family) && family != needed ? needed : null;
    }

    private static string? FamilyOf(Type type) => type.IsEnum ? null : Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "a boolean",
        TypeCode.Byte or TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 or TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number",
        TypeCode.DateTime => "a time",
        TypeCode.String => "text",
        _ when type == typeof(DateTimeOffset) || type == typeof(DateOnly) => "a time",
        _ when type == typeof(Guid) => "uuid",
        _ when type == typeof(byte[]) => "bytes",
        _ => null,
    };
}
