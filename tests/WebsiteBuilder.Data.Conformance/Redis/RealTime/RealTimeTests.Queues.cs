using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task Messages_are_taken_in_order_and_are_gone_when_acknowledged()
    {
        var queue = Store.Queue("q");
        Assert.Empty(await queue.TakeAsync("c"));
        await queue.AddAsync(Payloads("a", "b", "c"));
        var first = await queue.TakeAsync("c", 2);
        Assert.Equal(["a1", "b1"], Texts(first));
        Assert.Equal(["c1"], Texts(await queue.TakeAsync("d", 2)));
        Assert.Equal(new RedisQueueState(3, 3, 0), await queue.StateAsync());

        Assert.Equal(0, await queue.AcknowledgeAsync("d", first));
        Assert.Equal(2, await queue.AcknowledgeAsync("c", first));
        Assert.Equal(0, await queue.AcknowledgeAsync("c", first));
        Assert.Equal(new RedisQueueState(1, 1, 0), await queue.StateAsync());
        Assert.Equal(new RedisQueueState(0, 0, 0), await Store.Queue("unused").StateAsync());
    }

    [Fact]
    public async Task A_message_of_a_consumer_who_died_is_given_to_another_one()
    {
        var queue = Store.Queue("q", new RedisQueuePolicy { Lease = TimeSpan.FromMilliseconds(100) });
        await queue.AddAsync(Payloads("a"));
        var dead = await queue.TakeAsync("dead");
        var again = await queue.TakeAsync("alive", wait: Long);

        Assert.Equal((dead[0].Id, 2), (again[0].Id, again[0].Deliveries));
        Assert.Equal(0, await queue.AcknowledgeAsync("dead", dead));
        Assert.Equal(0, await queue.RenewAsync("dead", dead));
        Assert.Equal(1, await queue.AcknowledgeAsync("alive", again));
    }

    [Fact]
    public async Task A_message_that_nobody_can_cope_with_becomes_a_dead_letter()
    {
        var queue = Store.Queue("q", new RedisQueuePolicy { MaxDeliveries = 3 });
        await queue.AddAsync(Payloads("poison", "good"));
        string? id = null;
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            var taken = await queue.TakeAsync("c");
            Assert.Equal(($"poison{delivery}", id ?? taken[0].Id), (Texts(taken)[0], taken[0].Id));
            id = taken[0].Id;
            Assert.Equal(1, await queue.ReturnAsync("c", taken));
        }

        Assert.Equal(["good1"], Texts(await queue.TakeAsync("c")));
        var dead = Assert.Single(await queue.ReadDeadAsync());
        Assert.Equal((id, "poison", 3), (dead.Id, Encoding.UTF8.GetString(dead.Payload.Span), dead.Deliveries));
        Assert.Equal(new RedisQueueState(1, 1, 1), await queue.StateAsync());
        await queue.DeleteDeadAsync();
        Assert.Empty(await queue.ReadDeadAsync());
    }

    [Fact]
    public async Task A_lease_that_is_renewed_stays()
    {
        var queue = Store.Queue("q", new RedisQueuePolicy { Lease = TimeSpan.FromSeconds(2) });
        await queue.AddAsync(Payloads("a"));
        var mine = await queue.TakeAsync("c");
        var until = TimeProvider.System.GetTimestamp() + (3 * TimeProvider.System.TimestampFrequency);
        await Eventually.TrueAsync(async () =>
        {
            Assert.Equal(1, await queue.RenewAsync("c", mine));
            Assert.Empty(await queue.TakeAsync("d"));
            return TimeProvider.System.GetTimestamp() > until;
        });
    }

    [Fact]
    public async Task A_queue_that_is_full_takes_all_of_a_batch_or_nothing()
    {
        var queue = Store.Queue("q", new RedisQueuePolicy { MaxLength = 3 });
        await queue.AddAsync(Payloads("a", "b"));
        Assert.Equal(WriteDisposition.NotApplied, (await Assert.ThrowsAsync<ThrottledException>(async () => await queue.AddAsync(Payloads("c", "d")))).Disposition);
        await queue.AddAsync(Payloads("e"));
        Assert.Equal(["a1", "b1", "e1"], Texts(await queue.TakeAsync("c", 10)));
    }

    [Fact]
    public async Task Eight_consumers_share_the_work_and_none_is_done_twice()
    {
        var queue = Store.Queue("q");
        ConcurrentBag<string> done = [];
        var producing = Task.WhenAll(Enumerable.Range(0, 4).Select(async producer =>
        {
            for (var batch = 0; batch < 10; batch++)
            {
                await queue.AddAsync(Payloads([.. Enumerable.Range(0, 10).Select(item => $"{producer}/{batch}/{item}/")]));
            }
        }));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async consumer =>
        {
            var name = consumer.ToString(CultureInfo.InvariantCulture);
            while (done.Count < 400)
            {
                var taken = await queue.TakeAsync(name, 7, TimeSpan.FromMilliseconds(100));
                foreach (var text in Texts(taken))
                {
                    done.Add(text);
                }

                Assert.Equal(taken.Count, await queue.AcknowledgeAsync(name, taken));
            }
        }));
        await producing;

        Assert.Equal(400, done.Distinct().Count());
        Assert.All(done, static text => Assert.EndsWith("/1", text, StringComparison.Ordinal));
        Assert.Equal(new RedisQueueState(0, 0, 0), await queue.StateAsync());
    }

    [Fact]
    public async Task Whoever_waits_gets_what_is_added_and_where_he_can_he_waits_at_the_server()
    {
        var queue = Store.Queue("q");
        using CancellationTokenSource enough = new();
        var waiting = queue.TakeAsync("c", 1, Long, enough.Token);
        if (fixture.Channel.SupportsBlocking && !fixture.IsCluster)
        {
            await Eventually.TrueAsync(async () =>
                !(await fixture.Channel.ExecuteAsync(RedisCommand.Read("INFO", "clients"))).AsString()!.Contains("blocked_clients:0", StringComparison.Ordinal));
        }

        await queue.AddAsync(Payloads("a"));
        Assert.Equal(["a1"], Texts(await waiting));
        Assert.Empty(await queue.TakeAsync("c", 1, TimeSpan.FromMilliseconds(20)));

        var gaveUp = queue.TakeAsync("d", 1, Long, enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp);
        await queue.AddAsync(Payloads("b"));
        Assert.Equal(["b1"], Texts(await queue.TakeAsync("c")));
    }

    private static List<ReadOnlyMemory<byte>> Payloads(params string[] texts) => [.. texts.Select(static text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))];

    private static List<string> Texts(IEnumerable<RedisQueueMessage> messages) =>
        [.. messages.Select(static message => $"{Encoding.UTF8.GetString(message.Payload.Span)}{message.Deliveries}")];
}
