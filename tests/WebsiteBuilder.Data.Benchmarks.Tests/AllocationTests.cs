using WebsiteBuilder.Data.Benchmarks.Compare;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

/// <summary>Bytes don't depend on how busy the machine is, so they are checked with every build, not only when somebody measures.</summary>
public class AllocationTests
{
    public static TheoryData<string> Loops => [.. Names];

    private static IEnumerable<string> Names => Catalogue.All.OfType<Loop>().Where(static loop => loop.Target.MaxBytes is not null).Select(static loop => loop.Name);

    [Fact]
    public void Plans_and_picks_are_among_them() => Assert.Superset(new HashSet<string> { "route-plan", "shard-pick" }, Names.ToHashSet());

    [Theory]
    [MemberData(nameof(Loops))]
    public void Allocates_no_more_than_its_target_says(string name)
    {
        var loop = Catalogue.All.OfType<Loop>().Single(loop => loop.Name == name);
        var body = loop.Open();
        body(10_000);

        Assert.InRange(Loop.Bytes(body, 10_000), 0, loop.Target.MaxBytes!.Value);
    }
}
