using BenchmarkDotNet.Attributes;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>What a request does with its session token.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private readonly char[] _buffer = new char[1_024];
    private SessionToken _one;
    private SessionToken _other;
    private string _text = "";

    [Params(1, 16)]
    public int Shards { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _one = Tokens.Over(Shards, seed: 1);
        _other = Tokens.Over(Shards, seed: 2);
        _text = _one.ToString();
    }

    [Benchmark]
    public SessionToken Parse() => SessionToken.Parse(_text);

    [Benchmark]
    public int Format() => _one.TryFormat(_buffer, out var written, default, null) ? written : -1;

    [Benchmark]
    public SessionToken Merge() => _one.Merge(_other);

    [Benchmark]
    public bool Covers() => _one.Covers(_one);
}
