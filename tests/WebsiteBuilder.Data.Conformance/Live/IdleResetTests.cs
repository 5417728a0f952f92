using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Connections that whoever stands between has forgotten while they were idle.</summary>
public sealed class IdleResetTests
{
    private const int Together = 3;

    [Fact]
    public async Task What_may_be_asked_twice_is_answered_although_all_kept_connections_are_lost()
    {
        await using var tier = await LiveTier.StartAsync("eu-west-1");
        var link = tier.Local.Link(tier.Primary.Region, tier.Primary);
        var time = new ManualTimeProvider();
        await using var store = Store(tier, time);
        Func<Task>[] questions =
        [
            () => store.FindAsync(Note.Map, 1L, default, default).AsTask(),
            () => store.FindManyAsync(Note.Map, [1L, 2L], default, default),
            () => store.StampAsync(default, default),
            () => store.ObserveAsync(default),
            () => store.SampleAsync(default),
            () => store.PingAsync(default),
            () => store.ReadHistoryAsync(default),
            () => store.ReadSchemaAsync(["notes"], default),
            async () => await (await store.ConnectAsync(new SqlGuard(default, Writes: false, WriteDurability.Unspecified, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)), default)).Value.DisposeAsync(),
        ];
        foreach (var ask in questions)
        {
            await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => ask()));
            link.ResetConnections();
            await Eventually.TrueAsync(() => link.OpenConnections == 0);
            time.Advance(TimeSpan.FromMilliseconds(100));
            await ask();
        }

        // What is lost between two uses in a row was lost by the node, and somebody has to be told.
        await store.PingAsync(default);
        link.ResetConnections();
        await Eventually.TrueAsync(() => link.OpenConnections == 0);
        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => store.PingAsync(default));
        Assert.Equal(StoreFaultKind.Interrupted, fault.Kind);
    }

    [Fact]
    public async Task A_write_on_a_connection_that_was_idle_for_long_is_never_in_doubt_for_that()
    {
        await using var tier = await LiveTier.StartAsync("eu-west-1");
        var link = tier.Local.Link(tier.Primary.Region, tier.Primary);
        var time = new ManualTimeProvider();
        await using var store = Store(tier, time);
        var guard = new WriteGuard((await store.ReadHistoryAsync(default)).Id, WriteDurability.Local);
        for (var id = 1; id <= 3; id++)
        {
            await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => store.PingAsync(default)));
            link.ResetConnections();
            await Eventually.TrueAsync(() => link.OpenConnections == 0);
            time.Advance(TimeSpan.FromSeconds(31));
            await store.WriteAsync(Note.Map, new EntityWrite<Note, long>(EntityWriteKind.Insert, id, new Note(id, "kept"), null), guard, default);
        }

        // Once it has just been used, nothing is asked first: that would cost every write a round trip.
        link.ResetConnections();
        await Eventually.TrueAsync(() => link.OpenConnections == 0);
        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => store.WriteAsync(
            Note.Map, new EntityWrite<Note, long>(EntityWriteKind.Insert, 4, new Note(4, "in doubt"), null), guard, default));
        Assert.Equal(WriteDisposition.Ambiguous, fault.Disposition);
    }

    /// <summary>Through the link, with idle times of its own.</summary>
    private static PostgresEndpoint Store(LiveTier tier, TimeProvider time) => new(
        new PostgresConnections(tier.Primary.Name, tier.Primary.ConnectionString(tier.Primary.Region), Together, TimeSpan.FromSeconds(2), time: time),
        new EngineRuntime(TimeProvider.System, new Random()));
}
