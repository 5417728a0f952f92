using System.Text.Json;
using WebsiteBuilder.Data.Shared;
using WebsiteBuilder.Data.Testing.Judging;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

public sealed class LinearizabilityJudgeTests(ITestOutputHelper output)
{
    private const string Etcd = "histories/porcupine/verdicts.json";
    private const string Knossos = "histories/knossos/data/cas-register";
    private const string KnossosBad = Knossos + "/bad/rethink-fail-minimal.edn";
    private const string MultiRegister = "histories/knossos/data/multi-register/good/multi-register.edn";

    [SharedDataFact(Etcd)]
    public void Every_published_history_of_etcd_has_its_published_verdict()
    {
        using var verdicts = JsonDocument.Parse(SharedData.Read(Etcd));
        var published = verdicts.RootElement.EnumerateObject().ToList();
        var steps = 0L;
        foreach (var log in published)
        {
            var history = PublishedRegisters.Etcd(SharedData.Read("histories/porcupine/" + log.Name));
            var verdict = LinearizabilityJudge.Judge(history);
            Assert.Equal((log.Name, log.Value.GetBoolean() ? Linearizability.Linearizable : Linearizability.Violated), (log.Name, verdict.Outcome));
            AssertExplains(history, verdict);
            steps += verdict.Steps;
        }

        output.WriteLine($"{published.Count} histories, {published.Count(static log => log.Value.GetBoolean())} of them linearizable, {steps} steps");
        Assert.True(published.Count >= 49, $"{published.Count} histories");
        Assert.InRange(published.Count(static log => log.Value.GetBoolean()), 1, published.Count - 1);
    }

    [SharedDataFact(KnossosBad)]
    public void Every_published_history_of_a_cas_register_is_judged_as_its_folder_says()
    {
        var folder = Path.GetDirectoryName(Path.GetDirectoryName(SharedData.Find(KnossosBad)!))!;
        var files = Directory.GetFiles(folder, "*.edn", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        Assert.True(files.Count >= 14, $"{files.Count} histories");
        foreach (var file in files)
        {
            var history = PublishedRegisters.CasRegister(File.ReadAllText(file));
            var verdict = LinearizabilityJudge.Judge(history);
            output.WriteLine($"{Path.GetFileName(file)}: {history.Count} operations, {verdict.Outcome}, {verdict.Steps} steps. {verdict.Explanation}");
            var expected = Path.GetFileName(Path.GetDirectoryName(file)) == "good" ? Linearizability.Linearizable : Linearizability.Violated;
            Assert.Equal((file, expected), (file, verdict.Outcome));
            AssertExplains(history, verdict);
        }
    }

    [SharedDataFact(KnossosBad)]
    public void A_violation_explains_itself()
    {
        var history = PublishedRegisters.CasRegister(SharedData.Read(KnossosBad));
        var verdict = LinearizabilityJudge.Judge(history);

        Assert.Equal(
            "2.000 to 4.000 ms: process 1 reads 3, register 0: no order of the overlapping operations explains it; when it has to take effect the register can hold 4 or 0",
            verdict.Explanation);
        Assert.Equal([0, 2], verdict.Order);
        Assert.Equal(1, verdict.Contradiction);
        Assert.Equal([0, 1, 2], verdict.Window);
    }

    /// <summary>The search knows no registers, so several that change together are a model like any other.</summary>
    [SharedDataFact(MultiRegister)]
    public void The_published_history_of_two_registers_in_transactions_is_linearizable_and_a_spoilt_one_is_not()
    {
        var calls = PublishedRegisters.Calls(SharedData.Read(MultiRegister));

        Assert.Equal(Linearizability.Linearizable, Judge(calls));
        var spoilt = 0;
        for (var i = 0; i < calls.Count; i++)
        {
            List<PublishedCall> changed = [.. calls];
            if (calls[i].Answer is List<object?> steps && steps.Cast<List<object?>>().Any(static step => step is ["read", _, long]))
            {
                changed[i] = calls[i] with { Answer = new List<object?>(steps.Cast<List<object?>>().Select(static step => step is ["read", var key, long] ? (List<object?>)["read", key, 99L] : step)) };
                Assert.Equal(Linearizability.Violated, Judge(changed));
                spoilt++;
            }
        }

        Assert.True(spoilt > 10, $"{spoilt} spoilt");
        output.WriteLine($"{calls.Count} transactions; {spoilt} spoilt");

        static Linearizability Judge(List<PublishedCall> calls) => new LinearizabilitySearch<(long X, long Y)>(
            (0, 0),
            (state, i, out next) => Transact(state, calls[i], out next),
            [.. calls.Select(static call => new Call(call.Invoked, call.Completed))],
            i => Steps(calls[i]).All(static step => step is ["read", _, _]),
            i => i).Run(LinearizabilityJudge.DefaultBudget);
    }

    [Fact]
    public void The_judge_and_the_naive_one_agree_on_small_histories()
    {
        var verdicts = new Dictionary<bool, int>();
        for (var seed = 1; seed <= 6_000; seed++)
        {
            var history = RandomRegisters.Arbitrary(seed, 2 + (seed % 6), keys: 1 + (seed % 11 / 10));
            var expected = NaiveRegisters.IsLinearizable(history);
            var verdict = LinearizabilityJudge.Judge(history);
            Assert.Equal((seed, expected ? Linearizability.Linearizable : Linearizability.Violated), (seed, verdict.Outcome));
            AssertExplains(history, verdict);
            verdicts[expected] = verdicts.GetValueOrDefault(expected) + 1;
        }

        output.WriteLine(string.Join(", ", verdicts.Select(static pair => $"{pair.Key} {pair.Value}")));
        Assert.All(verdicts.Values, static count => Assert.True(count > 1_000, $"{count}"));
        Assert.Equal(2, verdicts.Count);
    }

    [Fact]
    public void A_true_register_is_linearizable_with_operations_of_unknown_outcome_too()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var history = RandomRegisters.Simulated(seed, 200, clients: 5, values: 4, unknown: 0.05);
            var verdict = LinearizabilityJudge.Judge(history);
            Assert.Equal((seed, Linearizability.Linearizable), (seed, verdict.Outcome));
            AssertExplains(history, verdict);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10_000)]
    public void Ten_thousand_operations_of_eight_clients_take_few_steps(int values)
    {
        var history = RandomRegisters.Simulated(seed: 8, 10_000, clients: 8, values, unknown: 0);
        var verdict = LinearizabilityJudge.Judge(history);

        output.WriteLine($"{verdict.Steps} steps");
        Assert.Equal(Linearizability.Linearizable, verdict.Outcome);
        Assert.True(verdict.Steps < 1_000_000, $"{verdict.Steps} steps");
    }

    [Fact]
    public void A_stale_read_is_found_in_a_long_history()
    {
        var history = RandomRegisters.Simulated(seed: 9, 2_000, clients: 8, values: 10_000, unknown: 0);
        var written = history.FindIndex(100, static operation => operation.Action == RegisterAction.Write);
        var stale = history.FindIndex(1_000, static operation => operation.Action == RegisterAction.Read);
        history[stale] = history[stale] with { Value = history[written].Value };
        var verdict = LinearizabilityJudge.Judge(history);

        output.WriteLine($"{verdict.Steps} steps: {verdict.Explanation}");
        Assert.Equal((Linearizability.Violated, stale), (verdict.Outcome, verdict.Contradiction));
        Assert.Contains(written, verdict.Window);
        AssertExplains(history, verdict);
    }

    [Fact]
    public void Without_budget_there_is_no_verdict_and_none_is_not_good()
    {
        var history = RandomRegisters.Simulated(seed: 1, 200, clients: 8, values: 4, unknown: 0);
        var verdict = LinearizabilityJudge.Judge(history, budget: 50);

        Assert.Equal((Linearizability.Unknown, 50), (verdict.Outcome, verdict.Steps));
        Assert.Equal(default, Linearizability.Unknown);
        Assert.Contains("no verdict", verdict.Explanation, StringComparison.Ordinal);

        // A violation that was found counts, whatever wasn't looked at.
        List<RegisterOperation> violated = [At(0, RegisterAction.Read, 1, 1) with { Key = 7 }, .. history.Select(static operation => operation with { Key = 8 })];
        Assert.Equal(Linearizability.Violated, LinearizabilityJudge.Judge(violated, budget: 50).Outcome);
        Assert.Equal(Linearizability.Violated, LinearizabilityJudge.Judge([.. violated.Select(static operation => operation with { Key = -operation.Key })]).Outcome);
    }

    [Fact]
    public void A_write_of_unknown_outcome_may_take_effect_late_or_never_but_not_early_and_not_twice()
    {
        var lost = At(3, RegisterAction.Write, 1, null);
        Assert.Equal(Linearizability.Linearizable, Judge(lost));
        Assert.Equal(Linearizability.Linearizable, Judge(lost, At(10, RegisterAction.Read, null, 11), At(12, RegisterAction.Read, 1, 13)));
        Assert.Equal(Linearizability.Violated, Judge(lost, At(1, RegisterAction.Read, 1, 2)));
        Assert.Equal(
            Linearizability.Violated,
            Judge(lost, At(5, RegisterAction.Read, 1, 6), At(7, RegisterAction.Write, 2, 8), At(9, RegisterAction.Read, 2, 10), At(11, RegisterAction.Read, 1, 12)));

        // Sent twice it may.
        Assert.Equal(
            Linearizability.Linearizable,
            Judge(lost, lost, At(5, RegisterAction.Read, 1, 6), At(7, RegisterAction.Write, 2, 8), At(9, RegisterAction.Read, 2, 10), At(11, RegisterAction.Read, 1, 12)));

        static Linearizability Judge(params RegisterOperation[] history) => LinearizabilityJudge.Judge(history).Outcome;
    }

    /// <summary>
    /// The reason why writes are never placed without a way back: the second write of 1 leaves the register as it is at first, and is
    /// needed behind the write of 2.
    /// </summary>
    [Fact]
    public void A_write_of_what_the_register_holds_may_be_needed_later()
    {
        List<RegisterOperation> history =
        [
            At(1, RegisterAction.Write, 1, 2),
            At(3, RegisterAction.Write, 1, 20),
            At(4, RegisterAction.Write, 2, 5),
            At(6, RegisterAction.Read, 2, 7),
            At(8, RegisterAction.Read, 1, 9),
        ];
        Assert.Equal(Linearizability.Linearizable, LinearizabilityJudge.Judge(history).Outcome);
    }

    [Fact]
    public void What_touches_at_an_instant_overlaps_and_the_initial_value_can_be_given()
    {
        List<RegisterOperation> history = [At(1, RegisterAction.Write, 1, 2), At(2, RegisterAction.Read, 5, 3)];
        Assert.Equal(Linearizability.Linearizable, LinearizabilityJudge.Judge(history, initial: 5).Outcome);
        Assert.Equal(Linearizability.Violated, LinearizabilityJudge.Judge(history).Outcome);
        Assert.Equal(Linearizability.Violated, LinearizabilityJudge.Judge([history[0], At(3, RegisterAction.Read, 5, 4)], initial: 5).Outcome);
        Assert.Equal(Linearizability.Linearizable, LinearizabilityJudge.Judge([]).Outcome);
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        Assert.Throws<ArgumentException>(static () => LinearizabilityJudge.Judge([At(2, RegisterAction.Write, 1, 1)]));
        Assert.Throws<ArgumentException>(static () => LinearizabilityJudge.Judge([At(2, RegisterAction.Unspecified, 1, 3)]));
        Assert.Throws<ArgumentOutOfRangeException>(static () => LinearizabilityJudge.Judge([], budget: 0));
    }

    /// <summary>The order that a verdict gives is one: it respects the clock, replays, and has all that completed up to the contradiction.</summary>
    private static void AssertExplains(List<RegisterOperation> history, LinearizabilityVerdict verdict)
    {
        Assert.Equal(verdict.Order.Count, verdict.Order.Distinct().Count());
        foreach (var register in verdict.Order.GroupBy(i => history[i].Key))
        {
            long? held = null;
            var latest = TimeSpan.MinValue;
            foreach (var operation in register.Select(i => history[i]))
            {
                Assert.False(operation.Completed < latest);
                latest = operation.Invoked > latest ? operation.Invoked : latest;
                var matches = held == (operation.Action == RegisterAction.CompareAndSet ? operation.Expected : operation.Value);
                Assert.True(operation.Action == RegisterAction.Write || operation.Completed is null || matches != operation.IsRefused);
                held = operation.Action == RegisterAction.Write || (operation.Action == RegisterAction.CompareAndSet && matches && !operation.IsRefused) ? operation.Value : held;
            }
        }

        var isViolated = verdict.Outcome == Linearizability.Violated;
        var end = isViolated ? history[verdict.Contradiction].Completed : TimeSpan.MaxValue;
        Assert.All(
            Enumerable.Range(0, history.Count).Where(i => history[i].Completed < end && (!isViolated || history[i].Key == history[verdict.Contradiction].Key)),
            i => Assert.Contains(i, verdict.Order));
        if (isViolated)
        {
            Assert.DoesNotContain(verdict.Contradiction, verdict.Order);
            Assert.Contains(verdict.Contradiction, verdict.Window);
        }
    }

    private static IEnumerable<List<object?>> Steps(PublishedCall call) => ((List<object?>)(call.Answer ?? call.Argument)!).Cast<List<object?>>();

    /// <summary>Reads of nil fit everything, as in Knossos' model.</summary>
    private static bool Transact((long X, long Y) state, PublishedCall call, out (long X, long Y) next)
    {
        next = state;
        foreach (var step in Steps(call))
        {
            var held = (string)step[1]! == "x" ? next.X : next.Y;
            if ((string)step[0]! == "read" && step[2] is long seen && seen != held)
            {
                return false;
            }

            if ((string)step[0]! == "write")
            {
                next = (string)step[1]! == "x" ? (X: (long)step[2]!, next.Y) : (next.X, Y: (long)step[2]!);
            }
        }

        return true;
    }

    private static RegisterOperation At(int invoked, RegisterAction action, long? value, int? completed) => new()
    {
        Action = action,
        Value = value,
        Invoked = TimeSpan.FromMilliseconds(invoked),
        Completed = completed is { } end ? TimeSpan.FromMilliseconds(end) : null,
    };
}
