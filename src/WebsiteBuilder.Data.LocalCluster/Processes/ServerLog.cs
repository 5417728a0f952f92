namespace WebsiteBuilder.Data.Clusters;

/// <summary>Reads the end of a server's log for an error message.</summary>
internal static class ServerLog
{
    public static string Tail(string file, int lines = 12)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            stream.Position = Math.Max(0, stream.Length - 8192);
            using var reader = new StreamReader(stream);
            var last = reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(lines);
            return $"Last lines of {file}:{Environment.NewLine}{string.Join(Environment.NewLine, last)}";
        }
        catch (IOException)
        {
            return $"There is no log {file}.";
        }
    }
}
