using System.Text;
using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Conformance.Redis;

public sealed partial class CartTests
{
    [Fact]
    public async Task What_was_cleared_in_one_region_is_out_everywhere_and_what_is_put_in_afterwards_is_in()
    {
        var key = await InBothAsync();
        await Carts(There).SetAsync(key, "unknown here", 1);

        // What is said elsewhere in the same millisecond may be after it.
        var said = TimeProvider.System.GetUtcNow();
        await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() > said + TimeSpan.FromMilliseconds(1));
        Assert.Empty((await Carts(Here).ClearAsync(key)).Lines);
        await Carts(Here).SetAsync(key, "new", 2);
        await SyncBothAsync();
        Assert.Equal([("new", 2)], Of((await StoredAsync(key))!));

        Assert.Equal(3, (await Carts(There).SetAsync(key, "later", 3)).Lines.Single(static line => line.Sku == "later").Quantity);
        await SyncBothAsync();
        Assert.Equal([("later", 3), ("new", 2)], Of((await StoredAsync(key))!));
        Assert.Equal([("later", 3), ("new", 2)], Of(await Carts(There).GetAsync(key)));
    }

    [Fact]
    public async Task A_cart_that_was_erased_for_good_stays_empty_whatever_another_region_brings()
    {
        var key = await InBothAsync();
        await Carts(Here).EraseAsync(key);
        await Carts(Here).EraseAsync(key);
        Assert.Empty((await Carts(Here).GetAsync(key)).History);
        Assert.Equal(new CartSync(1, 0), await Synchronizer(Here).SyncAsync());

        await Carts(There).SetAsync(key, "later", 1);
        Assert.Equal(new CartSync(1, 0), await Synchronizer(There).SyncAsync());
        Assert.Empty((await StoredAsync(key))!.History);
        Assert.Empty((await Carts(There).GetAsync(key)).History);
        foreach (var region in Both)
        {
            var error = await Assert.ThrowsAsync<ConflictException>(() => Carts(region).AddAsync(key, "tea", 1));
            Assert.Equal("carts_erased", error.Constraint);
        }

        // Nor does it come back once Redis has forgotten, or the row was deleted besides.
        await Rows().DeleteAsync(key);
        await Carts(There).ClearAsync(key);
        await SyncBothAsync();
        Assert.Equal(CartContent.Forever, (await StoredAsync(key))!.Erased);
    }

    [Fact]
    public async Task A_row_that_was_deleted_does_not_come_back_with_a_copy_in_Redis()
    {
        var key = await InBothAsync();
        await Carts(There).SetAsync(key, "cup", 1);
        var row = (await StoredAsync(key))!;
        await Rows().DeleteAsync(key, row.Version);
        Assert.Null(await StoredAsync(key));
        await SyncBothAsync();
        Assert.Empty((await StoredAsync(key))!.History);
        Assert.Empty((await Carts(There).GetAsync(key)).History);

        // It isn't erased for good: whoever comes back later begins anew.
        Assert.Equal([("pot", 1)], Of(await Carts(There).SetAsync(key, "pot", 1)));
        await SyncBothAsync();
        Assert.Equal([("pot", 1)], Of((await StoredAsync(key))!));
    }

    [Fact]
    public async Task The_database_keeps_what_was_erased_against_whoever_writes()
    {
        var key = NewCart;
        var rows = Rows();
        var old = CartForm.Of(key, CartContent.Empty.With("tea", 1, 1_000, Here), DateTimeOffset.UnixEpoch);
        await rows.InsertAsync(old);
        await rows.DeleteAsync(key);
        await rows.InsertAsync(old with { History = [.. old.History, new CartLine("late", 1, "90000000000000000000eu")] });
        var row = (await StoredAsync(key))!;
        Assert.Equal(["late"], row.History.Select(static line => line.Sku));
        Assert.NotNull(row.Erased);

        await rows.UpdateAsync(row with { Erased = null }, row.Version);
        Assert.Equal(row.Erased, (await StoredAsync(key))!.Erased);
        await rows.UpsertAsync(row with { Erased = "00000000000000000001" });
        Assert.Equal(row.Erased, (await StoredAsync(key))!.Erased);
        await rows.UpsertAsync(row with { Erased = CartContent.Forever, History = [] });
        Assert.Equal(CartContent.Forever, (await StoredAsync(key))!.Erased);
    }

    [Fact]
    public async Task The_table_of_carts_is_not_truncated_since_nothing_would_remember_that_they_are_gone()
    {
        var key = NewCart;
        await Rows().InsertAsync(CartForm.Of(key, CartContent.Empty.With("tea", 1, 1_000, Here), DateTimeOffset.UnixEpoch));
        foreach (var statement in new[] { "TRUNCATE carts", "TRUNCATE users, carts CASCADE" })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.ExecuteAsync(tier.Local.Clusters[0].Primary.DirectConnectionString(), statement));
            Assert.Equal(PostgresErrorCodes.FeatureNotSupported, refused.SqlState);
            Assert.Equal("carts are deleted, not truncated: that they are gone must be remembered", refused.MessageText);
        }

        Assert.Equal([("tea", 1)], Of((await StoredAsync(key))!));
    }

    [Fact]
    public async Task An_insert_that_waits_for_a_deletion_does_not_bring_back_what_is_deleted()
    {
        var key = NewCart;
        var old = CartForm.Of(key, CartContent.Empty.With("tea", 1, 1_000, Here), DateTimeOffset.UnixEpoch);
        await Rows().InsertAsync(old);
        await using var data = tier.Client.OpenSession().CreateDataSource("carts", OperationIntent.Write, territory: tier.Territory);
        await using var connection = await data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"DELETE FROM carts WHERE user_id = '{key.UserId}'";
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
        var late = Rows().InsertAsync(old);
        command.CommandText = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid";
        await Eventually.TrueAsync(async () => (long)(await command.ExecuteScalarAsync())! > 0);
        await transaction.CommitAsync();
        var conflict = await Assert.ThrowsAsync<ConflictException>(() => late);
        Assert.Equal(ConflictKind.Serialization, conflict.Kind);
        Assert.Null(await StoredAsync(key));
    }

    [Fact]
    public async Task A_cart_has_no_expiry_until_it_is_brought_and_one_that_is_gone_before_is_reported()
    {
        var (key, gone) = (NewCart, NewCart);
        await Carts(Here).SetAsync(key, "tea", 1);
        await Carts(Here).SetAsync(gone, "tea", 1);
        Assert.Equal(-1, await LifeAsync("PTTL", key));
        await Synchronizer(Here).SyncAsync();
        Assert.InRange(await LifeAsync("PTTL", key), 1, (long)CartPolicy.Default.Expiry.TotalMilliseconds);
        await Carts(Here).AddAsync(key, "tea", 1);
        Assert.Equal(-1, await LifeAsync("PTTL", key));

        await Carts(Here).AddAsync(gone, "tea", 1);
        Assert.Equal(1, await LifeAsync("DEL", gone));
        Assert.Equal(new CartSync(1, 0) { Lost = 1 }, await Synchronizer(Here).SyncAsync());
        Assert.Equal(new CartSync(0, 0), await Synchronizer(Here).SyncAsync());
        Assert.Equal([("tea", 2)], Of((await StoredAsync(key))!));
    }

    [Fact]
    public async Task A_cart_stays_listed_while_its_row_reaches_fewer_standbys_than_asked_for()
    {
        var key = NewCart;
        await Carts(Here).SetAsync(key, "tea", 1);
        var strict = Store(Here).CartSynchronizer(tier.Client);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(new CartSync(0, 1) { NotDurable = 1 }, await strict.SyncAsync());
        }

        Assert.Equal([("tea", 1)], Of((await StoredAsync(key))!));
        Assert.Equal(-1, await LifeAsync("PTTL", key));
        Assert.Equal(new CartSync(1, 0), await Synchronizer(Here).SyncAsync());
    }

    [Fact]
    public async Task Bad_carts_do_not_hold_up_the_others()
    {
        CartKey[] good = [.. Enumerable.Range(0, 8).Select(_ => NewCart)];
        var raw = Raw();
        await raw.SetListedAsync("no cart at all", "{}"u8.ToArray(), new KeyValueWriteOptions(), default);
        await raw.SetListedAsync(CartForm.NameOf(NewCart), "{\"lines\":[null]}"u8.ToArray(), new KeyValueWriteOptions(), default);
        // Refused by PostgreSQL, as from a version that took it.
        var withNul = CartContent.Empty.With("a\0b", 1, 1_000, Here);
        await raw.SetListedAsync(CartForm.NameOf(NewCart), CartForm.BytesOf(withNul), new KeyValueWriteOptions(), default);
        foreach (var key in good)
        {
            await Carts(Here).SetAsync(key, "tea", 1);
        }

        Assert.Equal(new CartSync(8, 3) { Refused = 3 }, await Synchronizer(Here).SyncAsync());
        Assert.All(await Task.WhenAll(good.Select(StoredAsync)), static cart => Assert.Equal([("tea", 1)], Of(cart!)));
    }

    [Fact]
    public async Task What_is_no_cart_can_be_cleared_and_erased()
    {
        var raw = Raw();
        foreach (var bytes in new[] { "{", "[{\"sku\":\"tea\",\"quantity\":1,\"stamp\":\"1\"}]", "{\"lines\":[{\"sku\":\"tea\",\"quantity\":1,\"stamp\":\"1\"}]}", "{\"lines\":[],\"erased\":\"1\"}" })
        {
            var (cleared, erased) = (NewCart, NewCart);
            foreach (var key in new[] { cleared, erased })
            {
                await raw.SetListedAsync(CartForm.NameOf(key), Encoding.UTF8.GetBytes(bytes), new KeyValueWriteOptions(), default);
                Assert.Equal(RedisFaultKind.Malformed, (await Assert.ThrowsAsync<RedisFaultException>(() => Carts(Here).SetAsync(key, "cup", 1))).Kind);
            }

            Assert.Equal(new CartSync(0, 2) { Refused = 2 }, await Synchronizer(Here).SyncAsync());
            await Carts(Here).ClearAsync(cleared);
            await Carts(Here).EraseAsync(erased);
            Assert.Equal([("pot", 1)], Of(await Carts(Here).SetAsync(cleared, "pot", 1)));
            Assert.Equal(new CartSync(2, 0), await Synchronizer(Here).SyncAsync());
            Assert.Equal(CartContent.Forever, (await StoredAsync(erased))!.Erased);
        }
    }

    [Fact]
    public async Task A_cart_that_never_rests_does_not_keep_a_synchronization_from_ending()
    {
        var key = NewCart;
        await Carts(Here).SetAsync(key, "tea", 1);
        using CancellationTokenSource stop = new();
        var changing = ChangeAsync();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        for (var round = 0; round < 3; round++)
        {
            var sync = await Synchronizer(Here).SyncAsync(patience.Token);
            Assert.InRange(sync.Done + sync.Left, 0, 1);
        }

        await stop.CancelAsync();
        await changing;

        async Task ChangeAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                await Carts(Here).SetAsync(key, "tea", 1, CancellationToken.None);
            }
        }
    }

    [Fact]
    public async Task A_cart_of_a_territory_that_is_no_longer_the_stores_is_left_where_it_is_until_somebody_purges_it()
    {
        var key = NewCart;
        await Carts(Here).SetAsync(key, "tea", 1);
        var narrowed = Store(Here, static options => (options.Jurisdiction, options.Territories) = ("eu", [Territory.Parse("elsewhere")]));
        Assert.Equal(new CartSync(0, 1) { Refused = 1 }, await narrowed.CartSynchronizer(tier.Client, Policy).SyncAsync());
        Assert.Null(await StoredAsync(key));
        await Assert.ThrowsAsync<ArgumentException>(async () => await narrowed.Carts(tier.Client.OpenSession()).GetAsync(key));

        var allowed = Store(Here, options => (options.Jurisdiction, options.Territories) = ("eu", [tier.Territory]));
        Assert.Equal(0, await allowed.CartSynchronizer(tier.Client, Policy).PurgeAsync());
        Assert.Equal(new CartSync(1, 0), await allowed.CartSynchronizer(tier.Client, Policy).SyncAsync());

        await Carts(Here).SetAsync(key, "tea", 2);
        Assert.Equal(1, await narrowed.CartSynchronizer(tier.Client, Policy).PurgeAsync());
        Assert.Equal(default, await narrowed.CartSynchronizer(tier.Client, Policy).SyncAsync());
        Assert.Null((await Raw().GetAsync(CartForm.NameOf(key))).Value);
        Assert.Equal([("tea", 1)], Of((await StoredAsync(key))!));
    }

    private static RegionId[] Both => [Here, There];

    /// <summary>A cart that both regions have a copy of, and the database.</summary>
    private async Task<CartKey> InBothAsync()
    {
        var key = NewCart;
        await Carts(Here).SetAsync(key, "tea", 1);
        await Synchronizer(Here).SyncAsync();
        await Carts(There).SetAsync(key, "there", 1);
        await SyncBothAsync();
        Assert.Equal([("tea", 1), ("there", 1)], Of((await StoredAsync(key))!));
        return key;
    }

    private async Task SyncBothAsync()
    {
        foreach (var region in Both)
        {
            Assert.Equal(0, (await Synchronizer(region).SyncAsync()).Left);
        }
    }

    private IRepository<Cart, CartKey> Rows() => tier.Client.OpenSession().Repository<Cart, CartKey>();

    private SessionKeyValueStore Raw() => new(Store(Here).Context, Store(Here).KeyValuePolicy, Here, new SessionState(default), "cart");

    private async Task<long> LifeAsync(string command, CartKey key)
    {
        var store = Store(Here);
        var name = CartForm.NameOf(key);
        var part = new KeyPartition(store.Context.Keys, store.KeyValuePolicy, "cart", KeyPlace.Of(name, store.KeyValuePolicy.Partitions).Partition);
        return (await tier.Channels[Here].ExecuteAsync(RedisCommand.Write(command, part.Value(name)))).AsInt64();
    }
}
