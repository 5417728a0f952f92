using WebsiteBuilder.Data.Simulation.Mutants;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>The judges are worth something if they notice each rule that is taken out of the engine.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private static readonly Lazy<Dictionary<string, CompilerCall>> Compilers = new(static () => AllMutants.List
        .Select(static mutant => mutant.Project)
        .Distinct()
        .ToDictionary(static project => project, static project => CompilerCall.Of(Tool.Repository, project)));

    public static TheoryData<string> Names => [.. AllMutants.List.Select(static mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_judge_notices_that(string name)
    {
        var mutant = AllMutants.List.Single(mutant => mutant.Name == name);

        var (caught, printed) = MutantRun.Play(Compilers.Value[mutant.Project], mutant, SeedTests.Fixed);

        output.WriteLine(printed);
        Assert.True(caught, $"No judge objected in {SeedTests.Fixed} seeds.");
    }
}
