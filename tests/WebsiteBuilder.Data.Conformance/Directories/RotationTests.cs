using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Directories;

/// <summary>Keys of the directory are changed while clients of before and after are at work.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };
    private readonly DirectoryTier _tier = new();

    public Task InitializeAsync() => _tier.InitializeAsync();

    public Task DisposeAsync() => _tier.DisposeAsync();

    [Fact]
    public async Task A_name_stays_unique_and_known_in_every_step_of_a_rotation()
    {
        var before = _tier.East;
        var user = DirectoryTier.NewUser(DirectoryTier.America, username: "ada");
        var foreign = DirectoryTier.NewUser(DirectoryTier.Europe);
        await before.OpenSession().Accounts().CreateAsync(user);
        await before.OpenSession().Accounts().CreateAsync(foreign);

        var both = await _tier.ClientAsync("eu-west-1", static options => options.Directory.Keys[2] = DirectoryTier.NewSecret);
        await AssertTakenAsync(both, user);
        await RaceAsync(before, both);
        Assert.Equal(foreign.Key, (await both.OpenSession().Accounts().FindByEmailAsync(foreign.Email, Strong)).Value!.Key);

        Assert.Empty(await both.OpenSession().Accounts().RenewAsync(DirectoryTier.America));
        Assert.Empty(await both.OpenSession().Accounts().RenewAsync(DirectoryTier.Europe));
        Assert.Equal(await CountAsync(1), await CountAsync(2));
        await AssertTakenAsync(before, user);
        await DirectoryJudge.JudgeAsync(_tier, settled: true);

        var after = await _tier.ClientAsync("us-east-1", static options =>
        {
            options.Directory.Keys.Remove(1);
            options.Directory.Keys[2] = DirectoryTier.NewSecret;
        });
        await AssertTakenAsync(after, user);
        await RaceAsync(both, after);

        // What a client of after gives up is free for one that still has the old key, although it couldn't name the old hash.
        await after.OpenSession().Accounts().ChangeEmailAsync(user.Key, "new@example.org");
        await both.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, user.Email));
        await Assert.ThrowsAsync<ArgumentException>(() => both.OpenSession().Directory().ForgetKeyAsync(1));
        Assert.NotEqual(0, await after.OpenSession().Directory().ForgetKeyAsync(1));
        Assert.Equal(0, await CountAsync(1));
        Assert.Equal(user.Key, (await after.OpenSession().Accounts().FindByUsernameAsync("ADA", Strong)).Value!.Key);
        await AssertTakenAsync(after, foreign);
        await DirectoryJudge.JudgeAsync(_tier, settled: true);
    }

    private static async Task AssertTakenAsync(DataClient client, User user)
    {
        var refused = await Assert.ThrowsAsync<ConflictException>(
            () => client.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(DirectoryTier.Europe, user.Email)));
        Assert.Equal((ConflictKind.AlreadyExists, false), (refused.Kind, refused.IsTransient));
    }

    private static async Task RaceAsync(DataClient one, DataClient other)
    {
        for (var i = 0; i < 20; i++)
        {
            var email = $"{Guid.NewGuid():n}@contested.example";
            var won = await Task.WhenAll(new[] { (one, DirectoryTier.America), (other, DirectoryTier.Europe) }.Select(async side =>
            {
                try
                {
                    await side.Item1.OpenSession().Accounts().CreateAsync(DirectoryTier.NewUser(side.Item2, email));
                    return true;
                }
                catch (ConflictException)
                {
                    return false;
                }
            }));
            Assert.Single(won, true);
        }
    }

    private Task<long> CountAsync(int key) =>
        Sql.ScalarAsync<long>(_tier.Primary(DirectoryTier.Global).DirectConnectionString(), $"SELECT count(*) FROM wbd.directory_entry WHERE key_id = {key}");
}
