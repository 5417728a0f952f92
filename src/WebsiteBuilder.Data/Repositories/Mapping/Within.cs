namespace WebsiteBuilder.Data.Repositories;

/// <summary>Checks that what a policy says is within its range.</summary>
internal static class Within
{
    /// <exception cref="ArgumentOutOfRangeException">The value is below the least or above the most.</exception>
    public static void Require<T>(T value, T least, T most, string name)
        where T : IComparable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }
}
