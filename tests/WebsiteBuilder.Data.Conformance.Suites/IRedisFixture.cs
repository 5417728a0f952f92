namespace WebsiteBuilder.Data.Conformance;

/// <summary>A Redis deployment and a channel to it. One for all tests of a class; tests use keys of their own.</summary>
public interface IRedisFixture
{
    /// <summary>The channel, ready.</summary>
    IRedisChannel Channel { get; }

    /// <summary>Whether keys of several hash slots are refused.</summary>
    bool IsCluster { get; }

    /// <summary>Whether writes can wait for replicas, and each has one.</summary>
    bool Replicates { get; }

    /// <summary>Does something at every primary, past the channel, such as <c>SCRIPT FLUSH</c>.</summary>
    Task AtPrimariesAsync(params string[] command);
}
