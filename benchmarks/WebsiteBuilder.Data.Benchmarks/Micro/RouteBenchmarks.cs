using BenchmarkDotNet.Attributes;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>One plan of a session read.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private Planning _planning = null!;

    [Params(1, 9, 60)]
    public int Candidates { get; set; }

    [GlobalSetup]
    public void SetUp() => _planning = new Planning(Candidates);

    [Benchmark]
    public int Plan() => _planning.Plan().Count;
}
