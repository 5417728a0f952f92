namespace WebsiteBuilder.Data.Clusters;

/// <summary>The local cluster could not do what it was told: a server is missing, failed to start, or did not reach a state in time.</summary>
/// <remarks>The message quotes the last lines of the server's log where there is one.</remarks>
public sealed class LocalClusterException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public LocalClusterException()
    {
    }

    /// <summary>Makes an exception.</summary>
    public LocalClusterException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with its cause.</summary>
    public LocalClusterException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
