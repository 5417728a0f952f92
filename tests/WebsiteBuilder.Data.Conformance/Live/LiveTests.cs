namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Tests on clusters of their own, which a subclass can run once more with something between the clients and the nodes.</summary>
public abstract class LiveTests
{
    protected virtual ConnectionPooler Pooler => ConnectionPooler.None;

    private protected Task<LiveTier> StartAsync(string primary, params string[] replicas) => LiveTier.StartAsync(Pooler, primary, replicas);
}
