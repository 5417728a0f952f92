using BenchmarkDotNet.Attributes;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>What a session adds to a read: its requirement, the judgement of the answer, and the advance.</summary>
[MemoryDiagnoser]
public class SessionBenchmarks
{
    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 0);
    private readonly LogHistory _history = new(new HistoryId(0x7a31_0000), 1, []);
    private SessionState _session = null!;
    private Requirement _requirement;
    private ReadStamp _stamp;
    private ulong _position;

    [Params(1, 16)]
    public int Shards { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _session = new SessionState(Tokens.Over(Shards, seed: 1));
        _requirement = _session.RequirementFor(Shard, _history, 42);
        _position = _requirement.Replica;
        _stamp = new ReadStamp(IsPrimary: false, _history.Id, _position, _position, 1);
    }

    [Benchmark]
    public ulong Requirement() => _session.RequirementFor(Shard, _history, 42).Replica;

    [Benchmark]
    public bool Judge() => ReadVerification.Judge(_stamp, 1, ConsistencyLevel.Session, _history, _requirement) == ReadVerdict.Good;

    [Benchmark]
    public void AdvanceByNothing() => _session.SawRead(Shard, _history, _stamp, 1, TimeSpan.Zero);

    [Benchmark]
    public void Advance()
    {
        _position++;
        _session.SawRead(Shard, _history, _stamp with { Lo = _position, Hi = _position }, 1, TimeSpan.Zero);
    }
}
