namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>Sign-in sessions against a real server.</summary>
[Collection(DomainTier.Collection)]
public sealed class AccountTests(DomainTier tier)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly IDataSession _session = tier.Client.OpenSession();
    private readonly JumpingClock _clock = new();

    private SignIns SignIns => new(_session, _clock);

    [Fact]
    public async Task A_session_lives_as_long_as_it_is_used()
    {
        var user = await tier.NewUserAsync(_session);
        var signedIn = NewSession(user);
        await SignIns.StartSessionAsync(signedIn);

        Assert.Equal(1, (await SignIns.TouchSessionAsync(signedIn.Key, Hour, Minute))!.Version);
        _clock.Jump(Minute * 2);
        Assert.Equal(2, (await SignIns.TouchSessionAsync(signedIn.Key, Hour, Minute))!.Version);
        _clock.Jump(Minute * 59);
        var touched = (await SignIns.TouchSessionAsync(signedIn.Key, Hour, Minute))!;
        Assert.Equal((3L, touched.LastActivity + Hour), (touched.Version, touched.ExpiresAt));
        Assert.Equal(touched.ExpiresAt, (await SignIns.TouchSessionAsync(signedIn.Key, Minute, TimeSpan.Zero))!.ExpiresAt);
        _clock.Jump(Hour);
        Assert.Null(await SignIns.TouchSessionAsync(signedIn.Key, Hour, Minute));
        await SignIns.EndSessionAsync(signedIn.Key);
        await SignIns.EndSessionAsync(signedIn.Key);
        Assert.Null(await SignIns.TouchSessionAsync(signedIn.Key, Hour, Minute));
    }

    [Fact]
    public async Task All_sessions_of_a_user_end_but_the_one_that_asks()
    {
        var (user, other) = (await tier.NewUserAsync(_session), await tier.NewUserAsync(_session));
        var (kept, strangers) = (NewSession(user), NewSession(other));
        foreach (var signedIn in new[] { kept, strangers, NewSession(user), NewSession(user), NewSession(user) })
        {
            await SignIns.StartSessionAsync(signedIn);
        }

        Assert.Equal(3, await SignIns.EndAllSessionsAsync(user.Key, kept.Key));
        Assert.NotNull(await SignIns.TouchSessionAsync(kept.Key, Hour, Minute));
        Assert.Equal(1, await SignIns.EndAllSessionsAsync(user.Key));
        Assert.NotNull(await SignIns.TouchSessionAsync(strangers.Key, Hour, Minute));
    }

    [Fact]
    public async Task Ended_sessions_are_swept_in_batches_and_others_stay()
    {
        var user = await tier.NewUserAsync(_session);
        var kept = NewSession(user) with { ExpiresAt = _clock.GetUtcNow().AddDays(30) };
        await SignIns.StartSessionAsync(kept);
        for (var i = 0; i < 5; i++)
        {
            await SignIns.StartSessionAsync(NewSession(user));
        }

        _clock.Jump(Hour * 2);
        Assert.Equal(3, await SignIns.SweepSessionsAsync(tier.Home, 3));
        while (await SignIns.SweepSessionsAsync(tier.Home, 3) == 3)
        {
        }

        Assert.Equal(1, await tier.ScalarAsync<long>($"SELECT count(*) FROM user_sessions WHERE user_id = '{user.Key.Id}'"));
        Assert.NotNull(await SignIns.TouchSessionAsync(kept.Key, Hour, Minute));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SignIns.SweepSessionsAsync(tier.Home, 0));
    }

    private UserSession NewSession(User user)
    {
        var now = _clock.GetUtcNow();
        return new UserSession { Key = new UserSessionKey(tier.Home, Guid.NewGuid()), UserId = user.Key.Id, CreatedAt = now, LastActivity = now, ExpiresAt = now + Hour };
    }
}
