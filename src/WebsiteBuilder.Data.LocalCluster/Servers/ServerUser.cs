namespace WebsiteBuilder.Data.Clusters;

/// <summary>The account that servers run as: postgres when we are root, since PostgreSQL refuses to be root; else our own.</summary>
internal static class ServerUser
{
    private const string Name = "postgres";

    /// <summary>The group that must be able to enter the cluster's directory; null if that is us.</summary>
    public static string? Group => Environment.IsPrivilegedProcess ? Name : null;

    /// <summary>The command, run as that account. setpriv executes it in its own place, so the process id stays.</summary>
    public static IEnumerable<string> Run(params IEnumerable<string> command) => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={Name}", $"--regid={Name}", "--init-groups", .. command]
        : command;
}
