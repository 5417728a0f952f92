namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    private static readonly string[] NoIds = ["", "x", new('a', 45), $"{new string('a', 22)}.{new string('b', 22)}", new string('{', 22) + "." + new string('}', 22)];

    [Fact]
    public async Task A_session_is_found_by_its_id_with_what_was_stored()
    {
        var made = await Store.Sessions.CreateAsync("ann", new Dictionary<string, string> { ["theme"] = "dark", ["empty"] = "" });
        var found = await Store.Sessions.FindAsync(made.Id);

        Assert.Equal(("ann", made.Id, made.CreatedAt, made.ExpiresAt), (found!.UserId, found.Id, found.CreatedAt, found.ExpiresAt));
        Assert.Equal(RedisSessionPolicy.Default.Sliding, found.ExpiresAt - found.SeenAt);
        Assert.Equal(made.Data.OrderBy(static pair => pair.Key), found.Data.OrderBy(static pair => pair.Key));
        Assert.DoesNotContain(made.Id, made.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_id_finds_nothing()
    {
        var made = await Store.Sessions.CreateAsync("ann");
        string?[] strange = [null, .. NoIds, made.Id[..^1], made.Id + "a", made.Id[..^1] + (made.Id[^1] == 'A' ? 'Q' : 'A'), "A" + made.Id[1..^1]];
        foreach (var id in strange)
        {
            Assert.Null(await Store.Sessions.FindAsync(id));
            Assert.Null(await Store.Sessions.TouchAsync(id));
            Assert.False(await Store.Sessions.ChangeAsync(id, new Dictionary<string, string?> { ["a"] = "b" }));
            Assert.Equal(0, (await Store.Sessions.RevokeAsync(id)).Count);
        }

        Assert.NotNull(await Store.Sessions.FindAsync(made.Id));
    }

    [Fact]
    public async Task A_session_that_is_not_touched_ends()
    {
        var store = With(static options => options.Sessions = new RedisSessionPolicy { Sliding = TimeSpan.FromSeconds(1), Absolute = TimeSpan.FromHours(1) });
        var made = await store.Sessions.CreateAsync("ann");

        await Eventually.TrueAsync(async () => await store.Sessions.FindAsync(made.Id) is null);
        Assert.Null(await store.Sessions.TouchAsync(made.Id));
        Assert.Equal(0, await store.Sessions.CountAsync("ann"));
    }

    [Fact]
    public async Task A_touch_puts_off_the_end_but_not_beyond_the_last()
    {
        var sliding = TimeSpan.FromMinutes(30);
        var made = await Store.Sessions.CreateAsync("ann");
        await Eventually.TrueAsync(async () => (await Store.Sessions.TouchAsync(made.Id))!.ExpiresAt > made.ExpiresAt);
        var found = await Store.Sessions.FindAsync(made.Id);
        Assert.Equal(sliding, found!.ExpiresAt - found.SeenAt);

        var strict = With(static options => options.Sessions = new RedisSessionPolicy { Absolute = TimeSpan.FromMinutes(30) });
        var last = await strict.Sessions.CreateAsync("bob");
        await Eventually.TrueAsync(async () => (await strict.Sessions.TouchAsync(last.Id))!.SeenAt > last.CreatedAt);
        Assert.Equal(last.ExpiresAt, (await strict.Sessions.FindAsync(last.Id))!.ExpiresAt);
    }

    [Fact]
    public async Task What_is_stored_with_a_session_can_be_changed_while_it_lives()
    {
        var made = await Store.Sessions.CreateAsync("ann", new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        Assert.True(await Store.Sessions.ChangeAsync(made.Id, new Dictionary<string, string?> { ["a"] = null, ["b"] = "3", ["c"] = "4" }));
        Assert.Equal([new("b", "3"), new("c", "4")], (await Store.Sessions.FindAsync(made.Id))!.Data.OrderBy(static pair => pair.Key));

        await Store.Sessions.RevokeAsync(made.Id);
        Assert.False(await Store.Sessions.ChangeAsync(made.Id, new Dictionary<string, string?> { ["a"] = "5" }));
        Assert.Null(await Store.Sessions.FindAsync(made.Id));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Sessions.ChangeAsync(made.Id, new Dictionary<string, string?> { ["=user"] = "eve" }));
    }

    [Fact]
    public async Task All_sessions_of_a_user_end_at_once_but_nobody_elses()
    {
        var mine = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => await Store.Sessions.CreateAsync("ann")));
        var other = await Store.Sessions.CreateAsync("bob");
        Assert.Equal(5, await Store.Sessions.CountAsync("ann"));

        Assert.Equal(4, (await Store.Sessions.RevokeAllAsync("ann", but: mine[2].Id)).Count);
        Assert.Equal([mine[2].Id], await AliveAsync(mine));
        Assert.NotNull(await Store.Sessions.TouchAsync(mine[2].Id));
        Assert.Equal(1, (await Store.Sessions.RevokeAllAsync("ann", but: other.Id)).Count);
        Assert.Empty(await AliveAsync(mine));
        Assert.NotNull(await Store.Sessions.FindAsync(other.Id));
        Assert.Equal(1, (await Store.Sessions.RevokeAsync(other.Id)).Count);
        Assert.Equal(0, (await Store.Sessions.RevokeAsync(other.Id)).Count);
    }

    [Fact]
    public async Task The_session_that_ends_first_makes_room()
    {
        var store = With(static options => options.Sessions = new RedisSessionPolicy { MaxPerUser = 2 });
        var first = await store.Sessions.CreateAsync("ann");
        var second = await store.Sessions.CreateAsync("ann");
        await Eventually.TrueAsync(async () => (await store.Sessions.TouchAsync(first.Id))!.ExpiresAt > second.ExpiresAt);
        var third = await store.Sessions.CreateAsync("ann");

        Assert.Equal([first.Id, third.Id], await AliveAsync([first, second, third]));
    }

    [Fact]
    public async Task A_revocation_can_wait_for_replicas()
    {
        if (fixture.Replicates)
        {
            var made = await Store.Sessions.CreateAsync("ann", durability: new RedisDurability(1, Long));
            Assert.Equal(new RevokedSessions(1, 1), await Store.Sessions.RevokeAllAsync("ann", durability: new RedisDurability(1, Long)));
            Assert.Null(await Store.Sessions.FindAsync(made.Id));
        }
        else
        {
            await Assert.ThrowsAsync<NotSupportedException>(async () => await Store.Sessions.RevokeAllAsync("ann", durability: RedisDurability.OneReplica));
        }
    }

    private async Task<List<string>> AliveAsync(IEnumerable<RedisUserSession> sessions)
    {
        List<string> alive = [];
        foreach (var session in sessions)
        {
            if (await Store.Sessions.FindAsync(session.Id) is { } found)
            {
                alive.Add(found.Id);
            }
        }

        return alive;
    }
}
