using BenchmarkDotNet.Attributes;
using WebsiteBuilder.Data.Sharding;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>From a key to its shard, and to the hash that tokens remember it by.</summary>
[MemoryDiagnoser]
public class ShardBenchmarks
{
    private readonly Picking _picking = new();
    private readonly byte[] _bytes = new byte[48];

    [Benchmark]
    public int Pick() => _picking.Pick();

    [Benchmark]
    public uint HashKey() => _picking.HashKey();

    [Benchmark]
    public ulong HashOf48Bytes() => XxHash64.Hash(_bytes);
}
