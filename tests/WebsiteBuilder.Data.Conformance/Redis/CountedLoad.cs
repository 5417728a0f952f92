using System.Collections.Concurrent;
using System.Globalization;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Workers that count up keys of their own, and know what each key may hold.</summary>
internal sealed class CountedLoad
{
    public const int Workers = 64;

    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    private readonly IRedisChannel _channel;
    private readonly Func<int, string> _key;
    private readonly long[] _acknowledged = new long[Workers];
    private readonly long[] _unknown = new long[Workers];
    private readonly Task _running;
    private volatile bool _stopped;

    public CountedLoad(IRedisChannel channel, Func<int, string> key)
    {
        (_channel, _key) = (channel, key);
        _running = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker))));
    }

    public long Acknowledged => _acknowledged.Sum();

    public ConcurrentBag<RedisFaultException> Faults { get; } = [];

    /// <summary>Waits until so many more are acknowledged.</summary>
    public Task ProgressAsync(long more)
    {
        var until = Acknowledged + more;
        return Eventually.TrueAsync(
            () => _running.IsFaulted || Acknowledged >= until, TimeSpan.FromSeconds(20), $"the load goes on (last fault: {Faults.FirstOrDefault()?.Message})");
    }

    /// <summary>Ends it: no call may hang, and each got its own answer.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _running.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        Assert.All(Faults, static fault => Assert.True(fault.IsTransient, $"{fault.Kind} {fault.Code}: {fault.Message} {fault.InnerException}"));
    }

    /// <summary>What is stored is what was acknowledged, and at most what is unknown besides: what was said not to be applied, isn't.</summary>
    public async Task JudgeAsync()
    {
        for (var worker = 0; worker < Workers; worker++)
        {
            var stored = (await _channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key(_key(worker))), new RedisCallOptions(Timeout: TimeSpan.FromSeconds(10)))).AsInt64();
            Assert.InRange(stored, _acknowledged[worker], _acknowledged[worker] + _unknown[worker]);
        }
    }

    private async Task WorkAsync(int worker)
    {
        var key = RedisArgument.Key(_key(worker));
        RedisCallOptions options = new(Timeout: Timeout);
        for (var round = 0; !_stopped; round++)
        {
            try
            {
                await _channel.ExecuteAsync(RedisCommand.Write("INCR", key), options);
                Interlocked.Increment(ref _acknowledged[worker]);
            }
            catch (RedisFaultException fault)
            {
                _unknown[worker] += fault.Disposition == WriteDisposition.NotApplied ? 0 : 1;
                await PauseAsync(fault);
            }

            try
            {
                var mine = string.Create(CultureInfo.InvariantCulture, $"{worker}/{round}");
                Assert.Equal(mine, (await _channel.ExecuteAsync(RedisCommand.Read("ECHO", mine), options)).AsString());
            }
            catch (RedisFaultException fault)
            {
                Assert.Equal(WriteDisposition.NotApplied, fault.Disposition);
                await PauseAsync(fault);
            }
        }
    }

    // As a caller would: a node that is down answers at once, and is asked again a little later.
    private async Task PauseAsync(RedisFaultException fault)
    {
        if (Faults.Count < 10_000) Faults.Add(fault);
        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
    }
}
