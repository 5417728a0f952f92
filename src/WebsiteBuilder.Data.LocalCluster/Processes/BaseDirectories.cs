namespace WebsiteBuilder.Data.Clusters;

/// <summary>Chooses where a cluster's directory goes.</summary>
internal static class BaseDirectories
{
    private const string SharedMemory = "/dev/shm";
    private const long BytesPerNode = 160L * 1024 * 1024;

    /// <summary>Memory if it has room: two to four times faster to fill than a disk. Else the directory for temporary files.</summary>
    public static string Choose(string? wanted, int nodes)
    {
        if (wanted is not null) return wanted;
        try
        {
            return new DriveInfo(SharedMemory).AvailableFreeSpace >= nodes * BytesPerNode ? SharedMemory : Path.GetTempPath();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Path.GetTempPath();
        }
    }

    /// <summary>Everywhere an earlier cluster may have been.</summary>
    public static IReadOnlyList<string> All(string? wanted) =>
        [.. ((string?[])[wanted, SharedMemory, Path.GetTempPath()]).OfType<string>().Select(Path.TrimEndingDirectorySeparator).Distinct()];
}
