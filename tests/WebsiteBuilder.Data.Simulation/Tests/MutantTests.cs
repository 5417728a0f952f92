using WebsiteBuilder.Data.Simulation.Mutants;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>The judges are worth something if they notice each rule that is taken out of the engine. Every second one: classes run side by side, and most of a mutant's time goes into one process.</summary>
public sealed class EvenMutantTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => MutantTrial.Every(second: 0);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_judge_notices_that(string name) => MutantTrial.Judge(name, output);
}

/// <summary>The others.</summary>
public sealed class OddMutantTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => MutantTrial.Every(second: 1);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_judge_notices_that(string name) => MutantTrial.Judge(name, output);
}

/// <summary>One rule taken out, and worlds played until a judge objects.</summary>
internal static class MutantTrial
{
    private static readonly Lazy<Dictionary<string, CompilerCall>> Compilers = new(static () => AllMutants.List
        .Select(static mutant => mutant.Project)
        .Distinct()
        .ToDictionary(static project => project, static project => CompilerCall.Of(Tool.Repository, project)));

    public static TheoryData<string> Every(int second) => [.. AllMutants.List.Where((_, i) => i % 2 == second).Select(static mutant => mutant.Name)];

    public static void Judge(string name, ITestOutputHelper output)
    {
        var mutant = AllMutants.List.Single(mutant => mutant.Name == name);

        var (caught, printed) = MutantRun.Play(Compilers.Value[mutant.Project], mutant, SeedTests.Fixed);

        output.WriteLine(printed);
        Assert.True(caught, $"No judge objected in {SeedTests.Fixed} seeds.");
    }
}
