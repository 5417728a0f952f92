using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The directory, and accounts that use it, as parts of a session.</summary>
public static class DirectorySessionExtensions
{
    /// <summary>Names that are unique over all territories. Costs nothing until it is used.</summary>
    /// <exception cref="InvalidOperationException">The client's options name no directory, or the session isn't one of <see cref="DataClient"/>.</exception>
    public static ITerritoryDirectory Directory(this IDataSession session) => new TerritoryDirectory(ScopeOf(session));

    /// <summary>Users whose names are unique over all territories. Costs nothing until it is used.</summary>
    /// <exception cref="InvalidOperationException">As for <see cref="Directory"/>.</exception>
    public static IAccountDirectory Accounts(this IDataSession session) => new AccountDirectory(ScopeOf(session));

    private static DirectoryScope ScopeOf(IDataSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session is IDirectorySource source
            ? source.DirectoryScope
            : throw new InvalidOperationException("Only sessions of a DataClient have a directory.");
    }
}
