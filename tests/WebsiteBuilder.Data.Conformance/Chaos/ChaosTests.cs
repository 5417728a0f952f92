using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>
/// Rounds of trouble on real servers, one after another on one cluster, judged after each. The short form runs always; the long one, of a hundred rounds and more,
/// when <see cref="RoundsVariable"/> says how many.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    /// <summary>How many rounds of the long form to run.</summary>
    public const string RoundsVariable = "WBD_CHAOS_ROUNDS";

    /// <summary>Which kinds of them, by their names, with commas; all if it isn't set.</summary>
    public const string FaultsVariable = "WBD_CHAOS_FAULTS";

    /// <summary>The file for what came of them.</summary>
    public const string ReportVariable = "WBD_CHAOS_REPORT";

    private static readonly ChaosFault[] Short =
    [
        ChaosFault.KillPrimary, ChaosFault.KillPrimaryAlone, ChaosFault.SplitPrimary, ChaosFault.KillReplica, ChaosFault.KillRegion, ChaosFault.SwallowAnswers,
    ];

    [Fact]
    public async Task What_was_acknowledged_safely_is_kept_and_sessions_keep_their_promises_or_are_told_whatever_happens_to_a_shard()
    {
        await using var world = await ChaosWorld.StartAsync();
        await RunAsync(world, Short);
    }

    [Theory]
    [InlineData(ConnectionPooler.None, true)]
    [InlineData(ConnectionPooler.Transaction, false)]
    public async Task The_same_behind_poolers_and_through_proxies_that_reset_idle_connections(ConnectionPooler pooler, bool resetsIdle)
    {
        await using var world = await ChaosWorld.StartAsync(pooler, resetsIdle ? TimeSpan.FromMilliseconds(150) : null);
        await RunAsync(world, [ChaosFault.KillPrimary, ChaosFault.SplitPrimary, ChaosFault.KillReplica]);
    }

    [Fact]
    public async Task As_many_rounds_as_somebody_asks_for()
    {
        if (Setting(RoundsVariable) is not { } asked)
        {
            output.WriteLine($"Not asked for: set {RoundsVariable}, {ReportVariable} for a report, and {FaultsVariable} to choose.");
            return;
        }

        await using var world = await ChaosWorld.StartAsync();
        var faults = Setting(FaultsVariable) is { } names ? [.. names.Split(',').Select(Enum.Parse<ChaosFault>)] : Enum.GetValues<ChaosFault>();
        var rounds = int.Parse(asked, System.Globalization.CultureInfo.InvariantCulture);
        await RunAsync(world, [.. Enumerable.Range(0, rounds).Select(round => faults[round % faults.Length])]);
    }

    private async Task RunAsync(ChaosWorld world, ChaosFault[] faults)
    {
        var records = new List<ChaosRecord>();
        foreach (var (number, fault) in faults.Index())
        {
            var record = await ChaosRound.RunAsync(world, number, fault);
            records.Add(record);
            output.WriteLine($"{record}");
            if (Setting(ReportVariable) is { } file)
            {
                await ChaosReport.WriteAsync(file, records);
            }
        }

        output.WriteLine(ChaosReport.Table(records));
        Assert.Empty(records.SelectMany(static record => record.Violations.Select(violation => $"round {record.Round}, {record.Fault}: {violation}")));
        Assert.All(records, static record => Assert.True(record.Acknowledged >= ChaosRound.Writes, $"{record}"));
        Assert.True(records.Count(static record => record.InCommit > 0) * 5 >= records.Count, "A fifth of the kills lands during COMMIT.");
    }

#pragma warning disable RS0030 // A test run has no other options than the environment.
    private static string? Setting(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
#pragma warning restore RS0030
}
