namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>What the real-time repositories keep over every channel and deployment.</summary>
/// <typeparam name="TFixture">The deployment, made once for the class.</typeparam>
public abstract partial class RealTimeTests<TFixture>(TFixture fixture) : IClassFixture<TFixture>
    where TFixture : class, IRedisFixture
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    // Keys of a test's own.
    private readonly RealTimeOptions _options = new() { Prefix = Guid.NewGuid().ToString("n") };

    private RealTimeStore Store => new(fixture.Channel, _options);

    private RealTimeStore With(Action<RealTimeOptions> change)
    {
        RealTimeOptions options = new() { Prefix = _options.Prefix };
        change(options);
        return new RealTimeStore(fixture.Channel, options);
    }
}

public sealed class RespPairRealTime(RespPairConformance.Tier tier) : RealTimeTests<RespPairConformance.Tier>(tier);

public sealed class RespClusterRealTime(RespClusterConformance.Tier tier) : RealTimeTests<RespClusterConformance.Tier>(tier);

public sealed class MultiplexerPairRealTime(MultiplexerPairConformance.Tier tier) : RealTimeTests<MultiplexerPairConformance.Tier>(tier);

public sealed class MultiplexerClusterRealTime(MultiplexerClusterConformance.Tier tier) : RealTimeTests<MultiplexerClusterConformance.Tier>(tier);
