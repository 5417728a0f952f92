namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>A directory of the test's own below /dev/shm, which every account can enter.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    private static int _count;

    public TemporaryDirectory() => Directory.CreateDirectory(Path);

    public string Path { get; } = $"/dev/shm/conformance-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
