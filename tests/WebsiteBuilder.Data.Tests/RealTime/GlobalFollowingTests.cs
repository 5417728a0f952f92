using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.RealTime;

/// <summary>Each region is followed by itself.</summary>
public sealed class GlobalFollowingTests : IAsyncDisposable
{
    private static readonly RegionId[] Regions = [.. new[] { "eu-west-1", "us-east-1", "us-west-2" }.Select(RegionId.Parse)];

    private readonly ManualTimeProvider _time = new();
    private readonly StandIn _local = new();
    private readonly StandIn _good = new();
    private readonly StandIn _bad = new();
    private readonly EventLogger _log = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_region_that_is_away_or_hangs_neither_holds_up_the_others_nor_makes_them_be_copied_as_a_whole_again(bool hangs)
    {
        _bad.Answer = hangs ? static (_, _) => new TaskCompletionSource<RedisReply>().Task : static (_, _) => throw new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "");
        using CancellationTokenSource stop = new();
        var running = Keys().RunAsync(stop.Token);
        for (var round = 0; round < 50; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        var after = _good.Pages.ToArray();
        Assert.InRange(after.Length, 60, 201);
        Assert.Equal([0L], after.Where(static cursor => cursor == 0));
        Assert.All(after[1..], static cursor => Assert.Equal(7, cursor));

        _time.Advance(GlobalKeysPolicy.Default.FullInterval);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, _good.Pages.Count(static cursor => cursor == 0));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_region_that_refuses_for_good_ends_it_for_all()
    {
        _bad.Answer = static (_, _) => throw new RedisFaultException(RedisFaultKind.Denied, WriteDisposition.NotApplied, "");
        Assert.Equal(RedisFaultKind.Denied, (await Assert.ThrowsAsync<RedisFaultException>(() => Keys().RunAsync(default))).Kind);
    }

    [Fact]
    public async Task Refused_entries_are_asked_for_again_when_their_time_has_come_and_not_before()
    {
        _good.Entries = 1;
        _local.Refused = 1;
        _local.Wait = 600_000;
        using CancellationTokenSource stop = new();
        var running = Keys().RunAsync(stop.Token);
        for (var second = 0; second < 590; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, _good.Pages.Count(static cursor => cursor == 0));
        _good.Entries = 0;
        _local.Refused = 0;
        for (var second = 0; second < 12; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(2, _good.Pages.Count(static cursor => cursor == 0));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task It_is_logged_once_that_entries_are_refused_and_once_that_none_is_any_more_not_with_every_copy()
    {
        _good.Entries = 1;
        _local.Refused = 1;
        _local.Wait = 120_000;
        _bad.Answer = static (_, _) => throw new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "");
        using CancellationTokenSource stop = new();
        var running = Keys().RunAsync(stop.Token);
        _time.Advance(TimeSpan.FromSeconds(2));
        (_good.Entries, _local.Refused) = (0, 0);
        for (var second = 0; second < 110; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([33], _log.Events);
        for (var second = 0; second < 20; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([33, 33], _log.Events);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_region_that_is_out_of_touch_is_asked_for_no_entries_until_it_is_in_touch_again()
    {
        _good.Forgotten = 8;
        using CancellationTokenSource stop = new();
        var running = Keys().RunAsync(stop.Token);
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Single(_good.Pages);
        Assert.Equal([34], _log.Events);
        _good.Forgotten = 7;
        for (var second = 0; second < 10; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_good.Pages.Count, 3, 20);
        Assert.Equal([34, 34], _log.Events);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_page_that_came_while_a_deletion_was_forgotten_is_fetched_again()
    {
        _good.Entries = 1;
        _local.Stops = 1;
        Assert.Equal(1, (await Keys().CopyAsync(isFull: true)).Seen);
        Assert.Equal([0L, 0L], _good.Pages);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in new[] { _local, _good, _bad })
        {
            await channel.DisposeAsync();
        }
    }

    private GlobalKeys Keys()
    {
        OneThreadRuntime runtime = new(_time, new Random(1));
        var policy = GlobalKeysPolicy.Default with { Partitions = 1 };
        var contexts = new[] { _local, _good, _bad }.Select(channel => new RealTimeContext(channel, new KeySpace("wb"), runtime, static bytes => bytes.Clear(), _log)).ToArray();
        var shelves = contexts.Zip(Regions, (context, region) => new GlobalShelf(context, region, "settings", policy)).ToArray();
        return new GlobalKeys(contexts[0], shelves[0], shelves[1..], policy);
    }

    /// <summary>A region whose last change is the seventh, copied from lately.</summary>
    private sealed class StandIn : IRedisChannel
    {
        public Func<RedisCommand, CancellationToken, Task<RedisReply>>? Answer { get; set; }

        /// <summary>After which changes it was asked for some.</summary>
        public List<long> Pages { get; } = [];

        public int Entries { get; set; }

        public long Refused { get; set; }

        public long Wait { get; set; }

        /// <summary>Of which change a deletion was forgotten.</summary>
        public long Forgotten { get; set; }

        /// <summary>How many pages are still not taken.</summary>
        public int Stops { get; set; }

        private long[] Touch => [1_000, 900, 1_000, 7, Forgotten, 950];

        public bool SupportsBlocking => false;

        public async ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default)
        {
            if (Answer is { } answer)
            {
                return await answer(command, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            if (command.Script == GlobalScripts.Page)
            {
                Pages.Add(long.Parse(System.Text.Encoding.UTF8.GetString(command[5].ToArray()), System.Globalization.CultureInfo.InvariantCulture));
                return Reply([7, .. Touch, .. Enumerable.Repeat(0L, Entries * 3)]);
            }

            if (command.Script == GlobalScripts.Merge)
            {
                return Stops > 0 && Stops-- > 0 ? Reply([]) : Reply([0, Refused, Wait, .. Touch]);
            }

            return Reply([7, 0, .. Touch]);
        }

        public ValueTask<RedisReplicated> ExecuteReplicatedAsync(
            RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static RedisReply Reply(long[] numbers) => RedisReply.FromArray([.. numbers.Select(static number =>
            RedisReply.FromBytes(System.Text.Encoding.ASCII.GetBytes(number.ToString(System.Globalization.CultureInfo.InvariantCulture))))]);
    }

    private sealed class EventLogger : ILogger
    {
        public List<int> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Events.Add(eventId.Id);
    }
}
