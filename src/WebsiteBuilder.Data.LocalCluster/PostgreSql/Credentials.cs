using System.Security.Cryptography;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>The roles of every node and their passwords, which are made anew for each cluster and never leave the machine.</summary>
internal sealed class Credentials
{
    public const string Application = "wbd_app";
    public const string Admin = "postgres";
    public const string Coordinator = "wbd_coordinator";
    public const string Replication = "wbd_replication";
    public const string Database = "websitebuilder";

    public string ApplicationPassword { get; } = NewPassword();

    public string AdminPassword { get; } = NewPassword();

    public string CoordinatorPassword { get; } = NewPassword();

    public string ReplicationPassword { get; } = NewPassword();

    private static string NewPassword() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
