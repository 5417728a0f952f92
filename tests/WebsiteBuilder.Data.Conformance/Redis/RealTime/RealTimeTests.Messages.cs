using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task Messages_come_to_whoever_listens_in_order_and_typed()
    {
        var topic = Store.Messages("{edits}", TestJson.Default.Edit);
        await topic.PublishAsync(new Edit(0, "nobody listens"));
        using CancellationTokenSource stop = new(Long);
        await using var events = topic.SubscribeAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.Equal(RedisTopicEventKind.Established, (await NextAsync()).Kind);

        await topic.PublishAsync(new Edit(1, "héllo"));
        await fixture.Channel.ExecuteAsync(RedisCommand.Write("PUBLISH", $"{_options.Prefix}:{{topic:{{edits}}}}", "not json"));
        await topic.PublishAsync(new Edit(2, "x"));
        Assert.Equal(new RedisTopicEvent<Edit>(RedisTopicEventKind.Message, new Edit(1, "héllo")), await NextAsync());
        Assert.Equal(RedisTopicEventKind.Unreadable, (await NextAsync()).Kind);
        Assert.Equal(new Edit(2, "x"), (await NextAsync()).Message);

        async Task<RedisTopicEvent<Edit>> NextAsync()
        {
            Assert.True(await events.MoveNextAsync());
            return events.Current;
        }
    }
}

public sealed record Edit(int Number, string Text);

[JsonSerializable(typeof(Edit))]
internal sealed partial class TestJson : JsonSerializerContext;
