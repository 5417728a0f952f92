namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>What a cluster may have left on the machine.</summary>
internal static class Leftovers
{
    /// <summary>Processes that have anything open in the directory, work in it, or name it.</summary>
    public static IReadOnlyList<int> Processes(string clusterDirectory) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), out var pid) ? pid : 0)
            .Where(pid => pid != 0 && Belongs(pid, clusterDirectory)),
    ];

    /// <summary>Named shared memory of PostgreSQL and System V segments on the whole machine.</summary>
    public static IReadOnlySet<string> SharedMemory() => new HashSet<string>(
        Directory.EnumerateFiles("/dev/shm", "PostgreSQL.*").Concat(
            File.ReadAllLines("/proc/sysvipc/shm").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])),
        StringComparer.Ordinal);

    private static bool Belongs(int pid, string clusterDirectory)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(clusterDirectory, StringComparison.Ordinal)
                || Link($"/proc/{pid}/cwd").StartsWith(clusterDirectory, StringComparison.Ordinal)
                || Directory.EnumerateFiles($"/proc/{pid}/fd").Any(file => Link(file).StartsWith(clusterDirectory, StringComparison.Ordinal));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended meanwhile.
        }
    }

    private static string Link(string path) => new FileInfo(path).LinkTarget ?? "";
}
