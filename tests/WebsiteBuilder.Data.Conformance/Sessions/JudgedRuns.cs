using WebsiteBuilder.Data.Testing.Judging;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>Runs of the workload while replicas suffer, recorded for judges.</summary>
public abstract class JudgedRuns(JudgedWorld world, ITestOutputHelper output)
{
    protected static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(400);

    protected virtual int Operations => 10_000;

    protected JudgedWorld World => world;

    protected ITestOutputHelper Output => output;

    protected async Task<Recording> RunAsync(ReadOptions reads, int seed, TimeSpan longestPause)
    {
        await World.ResetAsync();
        var origin = TimeProvider.System.GetUtcNow() - World.Clock.Now;
        using var chaos = new ReplicaChaos(World, seed, longestPause);
        var started = World.Clock.Now;
        chaos.Start();
        var attempts = await new Workload(World, reads, seed, Operations).RunAsync();
        var took = World.Clock.Now - started;
        await chaos.StopAsync();
        var recording = Recording.Of(attempts, await World.LogAsync(), origin, reads.Consistency!.Value);
        Output.WriteLine(recording.Report(seed, took, chaos.Faults));
        Assert.DoesNotContain(attempts, static attempt => attempt.Error is InvalidSessionTokenException or SessionHistoryLostException);
        Assert.True(recording.Calls >= Operations - 16, $"{recording.Calls} operations");
        return recording;
    }

    protected static IEnumerable<string> Describe(Recording recording, IEnumerable<Violation> violations) =>
        violations.Take(10).Select(violation => $"{violation}; {recording.History[violation.Operation]}");
}
