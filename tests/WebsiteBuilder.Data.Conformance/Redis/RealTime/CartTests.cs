using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Carts in the Redis of two regions, which meet in one PostgreSQL.</summary>
public sealed partial class CartTests(CartTests.Tier tier) : IClassFixture<CartTests.Tier>
{
    private static readonly RegionId Here = RedisTier.Home;
    private static readonly RegionId There = RegionId.Parse("us-east-1");

    /// <summary>The database has no synchronous standby.</summary>
    private static readonly CartPolicy Policy = CartPolicy.Default with { Interval = TimeSpan.FromMilliseconds(20), RowDurability = WriteDurability.Local };

    private readonly string _prefix = Guid.NewGuid().ToString("n");

    private CartKey NewCart => new(tier.Territory, Guid.NewGuid());

    [Fact]
    public async Task A_change_is_there_at_once_and_in_the_database_after_a_synchronization()
    {
        var key = NewCart;
        var carts = Carts(Here);
        Assert.Empty((await carts.GetAsync(key)).Lines);
        await carts.SetAsync(key, "tea", 2);
        await carts.AddAsync(key, "tea", 3);
        await carts.AddAsync(key, "cup", 1);
        await carts.SetAsync(key, "cup", 0);
        Assert.Equal([("tea", 5)], Of(await carts.GetAsync(key)));
        Assert.Null(await StoredAsync(key));

        Assert.Equal(new CartSync(1, 0), await Synchronizer(Here).SyncAsync());
        Assert.Equal([("tea", 5)], Of((await StoredAsync(key))!));
        Assert.Equal(new CartSync(0, 0), await Synchronizer(Here).SyncAsync());

        // Where there is none, it is found in the database, and goes on from there; a replica may be asked, so by a session that knows of the row.
        var session = tier.Client.OpenSession();
        await session.Repository<Cart, CartKey>().FindAsync(key, new ReadOptions { Consistency = ConsistencyLevel.Strong });
        carts = Store(There).Carts(session);
        Assert.Equal([("tea", 5)], Of(await carts.GetAsync(key)));
        Assert.Equal([("pot", 1), ("tea", 5)], Of(await carts.SetAsync(key, "pot", 1)));
    }

    [Fact]
    public async Task What_two_regions_put_in_at_once_is_all_there_in_the_end_and_what_was_taken_out_is_not()
    {
        var key = NewCart;
        await Carts(Here).SetAsync(key, "old", 1);
        await Synchronizer(Here).SyncAsync();
        await Carts(There).SetAsync(key, "there", 1);
        await Carts(There).SetAsync(key, "old", 0);
        await Carts(Here).SetAsync(key, "here", 1);
        await Task.WhenAll(Synchronizer(Here).SyncAsync(), Synchronizer(There).SyncAsync());
        Assert.Equal([("here", 1), ("there", 1)], Of((await StoredAsync(key))!));

        await Carts(Here).SetAsync(key, "more", 1);
        Assert.Equal(1, (await Synchronizer(Here).SyncAsync()).Done);
        Assert.Equal([("here", 1), ("more", 1), ("there", 1)], Of(await Carts(Here).GetAsync(key)));
        Assert.Equal((await StoredAsync(key))!.History, (await Carts(Here).GetAsync(key)).History);
    }

    [Fact]
    public async Task Additions_of_many_sessions_in_one_region_are_all_counted_while_carts_are_being_synchronized()
    {
        CartKey[] keys = [.. Enumerable.Range(0, 4).Select(_ => NewCart)];
        using CancellationTokenSource stop = new();
        Task[] running = [Synchronizer(Here).RunAsync(stop.Token), Synchronizer(Here).RunAsync(stop.Token)];
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async worker =>
        {
            var carts = Carts(Here);
            for (var round = 0; round < 10; round++)
            {
                await AddAsync(carts, keys[worker % 4], $"a{round % 2}");
            }
        }));
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(keys.Select(StoredAsync))).All(static cart => cart is not null && cart.Lines.Select(static line => line.Quantity).SequenceEqual([15, 15])),
            TimeSpan.FromSeconds(30));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(running));
        Assert.All(running, static task => Assert.True(task.IsCanceled));
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_the_servers_and_whoever_was_synchronizing()
    {
        CartKey[] keys = [.. Enumerable.Range(0, 30).Select(_ => NewCart)];
        foreach (var key in keys)
        {
            await Carts(Here).SetAsync(key, "tea", 1);
        }

        // Somebody begins, and dies in the middle; then Redis does, and comes back with its log.
        using CancellationTokenSource death = new();
        var begun = Synchronizer(Here).SyncAsync(death.Token);
        await Eventually.TrueAsync(async () => (await Task.WhenAll(keys.Select(StoredAsync))).Any(static cart => cart is not null));
        await death.CancelAsync();
        await Record.ExceptionAsync(() => begun);
        await tier.Local.Redis[Here].Primary.KillAsync();
        await tier.Local.Redis[Here].Primary.StartAsync();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await Synchronizer(Here).SyncAsync()).Left == 0;
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                return false;
            }
        });

        Assert.All(await Task.WhenAll(keys.Select(StoredAsync)), static cart => Assert.Equal([("tea", 1)], Of(cart!)));
        Assert.Equal(new CartSync(0, 0), await Synchronizer(Here).SyncAsync());
    }

    [Fact]
    public async Task Carts_go_on_while_the_database_is_away()
    {
        var (known, fresh) = (NewCart, NewCart);
        await Carts(Here).SetAsync(known, "tea", 1);
        await Synchronizer(Here).SyncAsync();
        var shard = tier.Local.Clusters[0];
        await shard.Primary.KillAsync();
        try
        {
            Assert.Equal([("tea", 2)], Of(await Carts(Here).AddAsync(known, "tea", 1)));
            Assert.Equal([("cup", 1)], Of(await Carts(Here).SetAsync(fresh, "cup", 1)));
            var sync = await Synchronizer(Here).SyncAsync();
            Assert.Equal((0, 2), (sync.Done, sync.Left));
        }
        finally
        {
            await shard.Primary.StartAsync();
        }

        await Eventually.TrueAsync(async () => (await Synchronizer(Here).SyncAsync()).Left == 0, TimeSpan.FromSeconds(60));
        Assert.Equal([("tea", 2)], Of((await StoredAsync(known))!));
        Assert.Equal([("cup", 1)], Of((await StoredAsync(fresh))!));
    }

    [Fact]
    public async Task Nothing_is_added_to_a_quantity_that_nobody_could_read()
    {
        var key = NewCart;
        await Carts(Here).SetAsync(key, "tea", 2);
        await Synchronizer(Here).SyncAsync();

        // What is there afterwards is counted from what a replica has.
        var rows = Rows();
        await Eventually.TrueAsync(async () => (await rows.FindAsync(key, new ReadOptions { Consistency = ConsistencyLevel.Eventual, Nodes = NodePreference.ReplicasOnly })).Found);
        var shard = tier.Local.Clusters[0];
        await Task.WhenAll(shard.Nodes.Select(static node => node.KillAsync()));
        try
        {
            await AssertUnreadableAsync();

            // Also where another article has been put in meanwhile; that one is known.
            Assert.Equal([("pot", 1)], Of(await Carts(There).SetAsync(key, "pot", 1)));
            await AssertUnreadableAsync();
            Assert.Equal([("pot", 2)], Of(await Carts(There).AddAsync(key, "pot", 1)));
        }
        finally
        {
            await Task.WhenAll(shard.Nodes.Select(static node => node.StartAsync()));
        }

        await Eventually.TrueAsync(
            async () => await Record.ExceptionAsync(() => Carts(There).AddAsync(key, "tea", 3)) is null, TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => (await Synchronizer(There).SyncAsync()).Left == 0, TimeSpan.FromSeconds(60));
        Assert.Equal([("pot", 2), ("tea", 5)], Of((await StoredAsync(key))!));

        async Task AssertUnreadableAsync()
        {
            var error = await Assert.ThrowsAnyAsync<DataTierException>(() => Carts(There).AddAsync(key, "tea", 1));
            Assert.Equal(WriteDisposition.NotApplied, error.Disposition);
        }
    }

    [Fact]
    public async Task A_cart_has_so_many_articles_and_no_more()
    {
        var key = NewCart;
        var carts = Carts(Here);
        for (var at = 0; at < RedisCarts.MaxLines; at++)
        {
            await carts.SetAsync(key, $"a{at}", 1);
        }

        Assert.Equal(WriteDisposition.NotApplied, (await Assert.ThrowsAsync<ThrottledException>(() => carts.SetAsync(key, "one more", 1))).Disposition);
        Assert.Equal(7, (await carts.SetAsync(key, "a3", 7)).Lines.Single(static line => line.Sku == "a3").Quantity);

        // Regions together may have put in more; then what is there can still be changed.
        await Carts(There).SetAsync(key, "from there", 1);
        await Synchronizer(There).SyncAsync();
        await Synchronizer(Here).SyncAsync();
        Assert.Equal(RedisCarts.MaxLines + 1, (await carts.AddAsync(key, "a4", 1)).Lines.Count());
        Assert.Equal(WriteDisposition.NotApplied, (await Assert.ThrowsAsync<ThrottledException>(() => carts.SetAsync(key, "one more", 1))).Disposition);
        await carts.SetAsync(key, "from there", 0);
        await carts.SetAsync(key, "a0", 0);
        Assert.Equal(RedisCarts.MaxLines, (await carts.SetAsync(key, "one more", 1)).Lines.Count());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => carts.SetAsync(key, "a1", -1));
        await Assert.ThrowsAsync<ArgumentException>(() => carts.AddAsync(key, "", 1));
    }

    private static (string Sku, int Quantity)[] Of(Cart cart) => [.. cart.Lines.Select(static line => (line.Sku, line.Quantity))];

    private static async Task AddAsync(RedisCarts carts, CartKey key, string sku)
    {
        while (true)
        {
            try
            {
                await carts.AddAsync(key, sku, 1);
                return;
            }
            catch (ThrottledException)
            {
                // Twelve at once, and others besides.
            }
        }
    }

    private async Task<Cart?> StoredAsync(CartKey key) =>
        (await tier.Client.OpenSession().Repository<Cart, CartKey>().FindAsync(key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Value;

    private RealTimeStore Store(RegionId region, Action<RealTimeOptions>? configure = null)
    {
        RealTimeOptions options = new()
        {
            Prefix = _prefix,
            Region = region,
            KeyValues = new KeyValuePolicy { Partitions = 4, FirstShard = region == Here ? 0 : 4 },
        };
        configure?.Invoke(options);
        return new RealTimeStore(tier.Channels[region], options);
    }

    private RedisCarts Carts(RegionId region) => Store(region).Carts(tier.Client.OpenSession());

    private CartSynchronizer Synchronizer(RegionId region) => Store(region).CartSynchronizer(tier.Client, Policy);

    public sealed class Tier : IAsyncLifetime
    {
        public LocalCluster Local { get; private set; } = null!;

        public DataClient Client { get; private set; } = null!;

        public Territory Territory { get; private set; }

        public Dictionary<RegionId, RespChannel> Channels { get; } = [];

        public async Task InitializeAsync()
        {
            LocalClusterOptions options = new() { InstallMissingServers = true, LatencyScale = 0 };
            options.Redis.Regions.Add(Here);
            options.Redis.Regions.Add(There);
            Local = await LocalCluster.StartAsync(ClusterTopology.Create(static topology => topology.Cluster("home", "us-east-1", ["us-west-2"])), options);
            var data = Local.CreateDataOptions(There);
            data.DefaultTimeout = TimeSpan.FromSeconds(10);
            await DataClient.MigrateAsync(data);
            Territory = Territory.Parse(data.Shards[0].Territories[0]);
            Client = DataClient.Create(data, static entities => entities.AddWebsiteBuilder());
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30), TimeProvider.System);
            await Client.WaitUntilReadyAsync(patience.Token);
            foreach (var pair in Local.Redis.Pairs)
            {
                var channel = pair.CreateChannelOptions();
                channel.Timeout = TimeSpan.FromSeconds(10);
                Channels[pair.Region] = new RespChannel(channel);
            }
        }

        public async Task DisposeAsync()
        {
            foreach (var channel in Channels.Values)
            {
                await channel.DisposeAsync();
            }

            if (Client is not null) await Client.DisposeAsync();
            if (Local is not null) await Local.DisposeAsync();
        }
    }
}
