using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Client;

/// <summary>Clients that sign, as settings make them.</summary>
public sealed class SignedSessionTests : IAsyncDisposable
{
    private static readonly string Secret = Convert.ToBase64String(Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray());
    private static readonly string OtherSecret = Convert.ToBase64String(Enumerable.Range(1, 32).Select(static i => (byte)i).ToArray());

    private readonly SimulatedCluster _cluster = new SimulatedCluster()
        .AddShard("emea", static shard => shard.AddNode("us", "us-east-1").AddNode("eu", "eu-west-1").Holds("emea"));

    private readonly List<ServiceProvider> _processes = [];

    [Fact]
    public async Task A_session_goes_on_in_another_process_with_the_same_key()
    {
        var token = await WriteAsync(Process(Secret));

        Assert.Equal(SessionToken.Parse(token), Open(Process(Secret), token).Token);
    }

    [Fact]
    public async Task Another_key_s_signature_and_none_are_refused_by_opening_and_by_merging()
    {
        var forged = SessionToken.Parse(await WriteAsync(Process(OtherSecret)));
        var unsigned = SessionToken.Parse(await WriteAsync(Process(null)));
        var client = Process(Secret);
        var session = client.OpenSession();

        foreach (var token in (SessionToken[])[forged, unsigned])
        {
            Assert.Throws<InvalidSessionTokenException>(() => client.OpenSession(token));
            Assert.Throws<InvalidSessionTokenException>(() => session.Merge(token));
        }

        Assert.True(session.Token.IsEmpty);
    }

    [Fact]
    public async Task What_remains_of_a_lost_history_is_signed()
    {
        var client = Process(Secret);
        await WriteAsync(client);
        _cluster["emea"]["eu"].StopReceiving();
        var token = SessionToken.Parse(await WriteAsync(client));
        _cluster["emea"]["us"].Kill();
        _cluster["emea"].Promote("eu");
        var later = Process(Secret);

        var lost = await Assert.ThrowsAsync<SessionHistoryLostException>(async () => await FindAsync(later.OpenSession(token)));

        await FindAsync(Open(later, lost.Remaining.ToString()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private static async Task<string> WriteAsync(IDataClient client)
    {
        var session = client.OpenSession();
        await session.Repository<User, UserKey>().UpsertAsync(
            new User { Key = new UserKey(Territory.Parse("emea"), Guid.NewGuid()), Email = $"{Guid.NewGuid():N}@example.org", CreatedAt = default, UpdatedAt = default });
        return session.Token.ToString();
    }

    private static ValueTask<ReadResult<User?>> FindAsync(IDataSession session) =>
        session.Repository<User, UserKey>().FindAsync(new UserKey(Territory.Parse("emea"), Guid.NewGuid()));

    private static IDataSession Open(IDataClient client, string text) => client.OpenSession(SessionToken.Parse(text));

    private IDataClient Process(string? secret)
    {
        Dictionary<string, string?> settings = secret is null ? [] : new()
        {
            ["Data:SessionTokens:Keys:7"] = secret,
            ["Data:SessionTokens:CurrentKeyId"] = "7",
            ["Data:SessionTokens:RequireSignature"] = "true",
        };
        var services = new ServiceCollection();
        services.AddWebsiteBuilderData(new ConfigurationBuilder().AddInMemoryCollection(settings).Build().GetSection("Data"))
            .AddEntity(UserMap.Map, UserMap.Policy)
            .UseSimulatedCluster(_cluster, "eu-west-1");
        _processes.Add(services.BuildServiceProvider());
        return _processes[^1].GetRequiredService<IDataClient>();
    }
}
