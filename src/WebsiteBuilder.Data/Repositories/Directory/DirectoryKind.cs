namespace WebsiteBuilder.Data;

/// <summary>What a name in the directory is. The numbers are stored.</summary>
public enum DirectoryKind
{
    /// <summary>Not said; refused.</summary>
    Unspecified = 0,

    /// <summary>An e-mail address.</summary>
    Email = 1,

    /// <summary>A user name.</summary>
    Username = 2,

    /// <summary>A domain name.</summary>
    DomainName = 3,
}
