using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Costs;

/// <summary>A primary and a replica side by side, each behind a counter, and a client that asks hardly anything by itself.</summary>
public sealed class CountedTier : IAsyncLifetime
{
    private LiveTier _tier = null!;
    private long _id;

    public DataClient Client { get; private set; } = null!;

    internal MessageCounter Primary { get; private set; } = null!;

    internal MessageCounter Replica { get; private set; } = null!;

    public long NewId() => ++_id;

    public Task<bool> HasCaughtUpAsync() =>
        Sql.HasCaughtUpAsync(_tier.Primary.DirectConnectionString(), _tier.Replica("us-east-1").DirectConnectionString());

    public async Task InitializeAsync()
    {
        _tier = await LiveTier.StartAsync("us-east-1", "us-east-1");
        Primary = MessageCounter.InFrontOf(_tier.Primary);
        Replica = MessageCounter.InFrontOf(_tier.Replica("us-east-1"));
        Client = await _tier.ClientAsync("us-east-1", options =>
        {
            // Probes, samples and what is looked at once at the start would be counted too.
            options.SchemaDrift = SchemaDriftResponse.Ignore;
            options.Health.ProbeInterval = TimeSpan.FromHours(1);
            options.Health.RecheckInterval = TimeSpan.FromSeconds(5);
            options.Health.PositionSampleInterval = TimeSpan.FromMinutes(1);
            foreach (var endpoint in options.Shards[0].Endpoints)
            {
                endpoint.ConnectionString = endpoint.Name == _tier.Primary.Name ? Primary.ConnectionString : Replica.ConnectionString;
            }
        });
    }

    public async Task DisposeAsync()
    {
        await Client.DisposeAsync();
        await Primary.DisposeAsync();
        await Replica.DisposeAsync();
        await _tier.DisposeAsync();
    }
}
