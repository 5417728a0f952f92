namespace WebsiteBuilder.Data.Clusters;

/// <summary>What /proc says about the processes of a server.</summary>
internal static class ProcessTable
{
    /// <summary>
    /// The server's process and all its descendants, also those that lost their parent: every process whose standard error is the
    /// server's log file. Children inherit it and keep it, whatever they do to their name, session or parent; the supervisor uses
    /// the same rule.
    /// </summary>
    public static List<int> Members(string logFile)
    {
        var members = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), out var pid) && StandardError(pid) == logFile)
                members.Add(pid);
        }

        return members;
    }

    /// <summary>The state letter of a process (R, S, T, Z, …), or null if there is none.</summary>
    public static char? State(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>True while the process exists and is no zombie, hence may still hold files, ports and memory.</summary>
    public static bool IsAlive(int pid) => State(pid) is not (null or 'Z' or 'X');

    /// <summary>The file that is the standard error of a process; null if there is none or the process is a zombie.</summary>
    public static string? StandardError(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/fd/2").LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // It ended while we looked, or it isn't ours.
        }
    }
}
