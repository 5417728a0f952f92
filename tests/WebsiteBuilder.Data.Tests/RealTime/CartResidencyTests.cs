using Microsoft.Extensions.Logging.Abstractions;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Tests.RealTime;

/// <summary>Carts of territories that aren't the store's, and arguments that nobody could store, are refused before Redis or PostgreSQL is asked: both would fail otherwise.</summary>
public sealed class CartResidencyTests
{
    private static readonly Territory Emea = Territory.Parse("emea");
    private static readonly Territory Apac = Territory.Parse("apac");

    [Fact]
    public async Task A_cart_of_another_jurisdictions_territory_is_refused_before_anything_is_asked()
    {
        var carts = Carts(new CartResidency("eu", [Emea]));
        CartKey abroad = new(Apac, Guid.NewGuid());
        Assert.Equal("key", (await Assert.ThrowsAsync<ArgumentException>(async () => await carts.GetAsync(abroad))).ParamName);
        await Assert.ThrowsAsync<ArgumentException>(() => carts.SetAsync(abroad, "tea", 1));
        await Assert.ThrowsAsync<ArgumentException>(() => carts.AddAsync(abroad, "tea", 1));
        await Assert.ThrowsAsync<ArgumentException>(() => carts.ClearAsync(abroad));
        await Assert.ThrowsAsync<ArgumentException>(() => carts.EraseAsync(abroad));
        await Assert.ThrowsAsync<ArgumentException>(async () => await carts.GetAsync(default));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await carts.GetAsync(new CartKey(Emea, Guid.NewGuid())));
    }

    [Fact]
    public async Task A_store_with_a_jurisdiction_has_no_carts_until_somebody_says_whose()
    {
        Assert.Throws<InvalidOperationException>(() => new CartResidency("eu", null));
        Assert.False(new CartResidency("eu", []).Allows(Emea));
        Assert.True(new CartResidency(null, null).Allows(Apac));
        Assert.False(new CartResidency(null, [Emea]).Allows(Apac));
        Assert.False(new CartResidency(null, null).Allows(default));
        await using var client = DataClient.Create(
            new DataOptions
            {
                LocalRegion = "eu",
                Shards = { new ShardOptions { Name = "s", Number = 1, Territories = { "emea" }, Endpoints = { new EndpointOptions { Name = "e", Region = "eu", ConnectionString = "Host=127.0.0.1;Port=1" } } } },
            },
            static entities => entities.AddWebsiteBuilder());
        RealTimeStore store = new(new NoChannel(), new RealTimeOptions { Jurisdiction = "eu" });
        Assert.Throws<InvalidOperationException>(() => store.Carts(client.OpenSession()));
        Assert.Throws<InvalidOperationException>(() => store.CartSynchronizer(client));
        RealTimeStore good = new(new NoChannel(), new RealTimeOptions { Jurisdiction = "eu", Territories = [Emea] });
        Assert.Throws<ArgumentException>("key", () => { _ = good.Carts(client.OpenSession()).SetAsync(new CartKey(Apac, Guid.NewGuid()), "tea", 1); });
        Assert.NotNull(good.CartSynchronizer(client));
    }

    [Fact]
    public async Task An_article_that_cant_be_stored_is_refused()
    {
        var (carts, key) = (Carts(new CartResidency(null, null)), new CartKey(Emea, Guid.NewGuid()));
        foreach (var sku in new[] { "", "a\0b", "a\uD800", "\uDC00", new string('a', 65) })
        {
            Assert.Equal("sku", (await Assert.ThrowsAnyAsync<ArgumentException>(() => carts.SetAsync(key, sku, 1))).ParamName);
            Assert.Equal("sku", (await Assert.ThrowsAnyAsync<ArgumentException>(() => carts.AddAsync(key, sku, 1))).ParamName);
        }
    }

    [Fact]
    public void Removals_are_remembered_for_as_long_as_copies_live()
    {
        CartPolicy.Default.Require();
        Assert.Throws<ArgumentOutOfRangeException>((CartPolicy.Default with { RemovalLife = TimeSpan.FromDays(29) }).Require);
        Assert.Throws<ArgumentOutOfRangeException>((CartPolicy.Default with { Expiry = TimeSpan.FromDays(31) }).Require);
        Assert.Throws<ArgumentOutOfRangeException>((CartPolicy.Default with { RowDurability = WriteDurability.Off }).Require);
    }

    private static RedisCarts Carts(CartResidency residency)
    {
        RealTimeContext context = new(new NoChannel(), new KeySpace("wb"), new EngineRuntime(TimeProvider.System, new Random(1)), static bytes => bytes.Clear(), NullLogger.Instance);
        return new RedisCarts(
            context, default, CartPolicy.Default, residency, session: null!, new SessionKeyValueStore(context, KeyValuePolicy.Default, default, new SessionState(default), "cart"));
    }
}
