using System.Text.Json;

namespace WebsiteBuilder.Data.Conformance;

/// <summary>
/// What every implementation of <see cref="IRepository{TEntity, TKey}"/> keeps, shown on users. Derive from it, and give it a data tier:
/// <code>public sealed class MyStoreConformance(MyFixture fixture) : RepositoryConformance&lt;MyFixture&gt;(fixture);</code>
/// </summary>
/// <typeparam name="TFixture">The data tier, made once for the class.</typeparam>
public abstract partial class RepositoryConformance<TFixture>(TFixture fixture) : IClassFixture<TFixture>, IAsyncLifetime
    where TFixture : class, IRepositoryFixture
{
    private static readonly Territory Nowhere = Territory.Parse("nowhere");
    private static readonly DateTimeOffset Noon = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private IDataClient? _client;
    private IDataSession? _session;

    /// <summary>A repository on a session of the test's own.</summary>
    protected IRepository<User, UserKey> Users { get; private set; } = null!;

    private IDataClient Client => _client!;

    private Territory Home => fixture.Home;

    private Territory Neighbour => fixture.Neighbour;

    private Territory Abroad => fixture.Abroad;

    public async Task InitializeAsync()
    {
        _client = await fixture.CreateClientAsync();
        _session = _client.OpenSession();
        Users = _session.Repository<User, UserKey>();
    }

    public Task DisposeAsync() => _client is null ? Task.CompletedTask : fixture.ReleaseClientAsync(_client);

    private static UserKey NewKey(Territory territory) => new(territory, Guid.NewGuid());

    private User NewUser() => NewUser(NewKey(Home));

    private static User NewUser(UserKey key) => new()
    {
        Key = key,
        Email = $"{key.Id:n}@example.org",
        CreatedAt = Noon,
        UpdatedAt = Noon,
    };

    /// <summary>A mark that no other test's rows bear, in a column that can be queried.</summary>
    private static string NewMark() => Guid.NewGuid().ToString("n")[..20];

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();

    private async Task<User?> ReadAsync(UserKey key) => (await Users.FindAsync(key)).Value;

    /// <summary>Inserts, and reads it back.</summary>
    private async Task<User> KeepAsync(User user)
    {
        await Users.InsertAsync(user);
        var kept = await ReadAsync(user.Key);
        Assert.NotNull(kept);
        AssertSame(user with { Version = 1 }, kept);
        return kept;
    }

    private static void AssertSame(User expected, User? actual)
    {
        Assert.NotNull(actual);
        AssertJson(expected.Profile, actual.Profile);
        AssertJson(expected.AuthProviders, actual.AuthProviders);
        AssertJson(expected.SecuritySettings, actual.SecuritySettings);
        Assert.Equal(
            expected with { Profile = null, AuthProviders = null, SecuritySettings = null },
            actual with { Profile = null, AuthProviders = null, SecuritySettings = null });
    }

    private static void AssertJson(JsonElement? expected, JsonElement? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is { } one && actual is { } other)
        {
            Assert.True(JsonElement.DeepEquals(one, other), $"{one} is not {other}.");
        }
    }

    private static async Task<ConflictException> ConflictAsync(ConflictKind kind, Func<Task> write)
    {
        var conflict = await Assert.ThrowsAsync<ConflictException>(write);
        Assert.Equal(kind, conflict.Kind);
        Assert.Equal(WriteDisposition.NotApplied, conflict.Disposition);
        return conflict;
    }
}
