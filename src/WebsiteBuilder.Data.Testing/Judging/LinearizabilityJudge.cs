namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Says whether registers behaved as if each operation took effect at one instant between its invocation and its completion. Pure, and safe
/// to use from several threads.
/// </summary>
/// <remarks>
/// <para>
/// The search is that of Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), with the memory of Lowe, "Testing for
/// linearizability" (2017). Registers are judged one by one, which loses nothing: linearizability is local (Herlihy and Wing 1990).
/// </para>
/// <para>
/// Operations that touch at an instant count as overlapping, so a history in which everything happens at one moment proves nothing: number
/// the events if the clock stands still. The search takes exponential time in the worst case, hence the budget; the cost grows with what is
/// in flight at once, and with the operations whose outcome isn't known.
/// </para>
/// </remarks>
public static class LinearizabilityJudge
{
    /// <summary>The budget if none is given: some seconds, and some hundred megabytes, at worst.</summary>
    public const long DefaultBudget = 5_000_000;

    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order; their times decide. Reads of unknown outcome are passed over.</param>
    /// <param name="initial">What every register holds at the beginning.</param>
    /// <param name="budget">How often an operation may be tried, over all registers, at least 1. Steps, not time: equal histories get equal verdicts.</param>
    /// <returns>The verdict: of a violated register if there is one; else of one whose budget ran out; else that all is well.</returns>
    /// <exception cref="ArgumentException">An operation has no action, or completed before it was invoked.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The budget is below 1.</exception>
    public static LinearizabilityVerdict Judge(IReadOnlyList<RegisterOperation> history, long? initial = null, long budget = DefaultBudget)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        if (history.Any(static operation => operation.Action is < RegisterAction.Read or > RegisterAction.CompareAndSet || operation.Completed < operation.Invoked))
        {
            throw new ArgumentException("An operation has no action, or completed before it was invoked.", nameof(history));
        }

        var registers = Enumerable.Range(0, history.Count)
            .Where(i => history[i].Action != RegisterAction.Read || history[i].Completed is not null)
            .GroupBy(i => history[i].Key)
            .OrderBy(static register => register.Key);
        LinearizabilityVerdict? unknown = null;
        var order = new List<int>();
        var steps = 0L;
        foreach (var register in registers)
        {
            var verdict = Register(history, [.. register], initial, budget - steps, steps);
            steps = verdict.Steps;
            order.AddRange(verdict.Order);
            if (verdict.Outcome == Linearizability.Violated)
            {
                return verdict;
            }

            unknown ??= verdict.Outcome == Linearizability.Unknown ? verdict : null;
        }

        return unknown is not null ? unknown with { Steps = steps } : new LinearizabilityVerdict
        {
            Outcome = Linearizability.Linearizable,
            Order = order,
            Steps = steps,
            Explanation = $"an order explains all {Wording.Number(history.Count)} operations",
        };
    }

    private static LinearizabilityVerdict Register(IReadOnlyList<RegisterOperation> history, int[] indices, long? initial, long budget, long before)
    {
        var search = new LinearizabilitySearch<Held>(
            new Held(initial),
            (Held state, int i, out Held next) => Apply(state, history[indices[i]], out next),
            [.. indices.Select(i => new Call(history[i].Invoked, history[i].Completed))],
            i => history[indices[i]] is { Action: RegisterAction.Read } or { IsRefused: true },
            i => (history[indices[i]].Action, history[indices[i]].Expected, history[indices[i]].Value));
        var outcome = search.Run(budget);
        int[] order = [.. search.Order.Select(i => indices[i])];
        var contradiction = search.Contradiction < 0 ? -1 : indices[search.Contradiction];
        return new LinearizabilityVerdict
        {
            Outcome = outcome,
            Order = order,
            Contradiction = contradiction,
            Window = contradiction < 0 ? [] : Window(history, indices, order, contradiction),
            Steps = before + search.Steps,
            Explanation = contradiction < 0
                ? $"register {Wording.Number(history[indices[0]].Key)}: no verdict after {Wording.Number(search.Steps)} steps"
                : $"{history[contradiction]}: no order of the overlapping operations explains it; when it has to take effect the register can hold "
                    + string.Join(" or ", search.States.Select(static state => RegisterOperation.Text(state.Value))),
        };
    }

    /// <summary>Whether an answer fits what the register holds. One of unknown outcome always does, and may have been refused.</summary>
    private static bool Apply(Held held, RegisterOperation operation, out Held next)
    {
        var matches = operation.Action == RegisterAction.CompareAndSet ? held.Value == operation.Expected : held.Value == operation.Value;
        next = operation.Action == RegisterAction.Write || (operation.Action == RegisterAction.CompareAndSet && matches && !operation.IsRefused)
            ? new Held(operation.Value)
            : held;
        return operation.Action == RegisterAction.Write || operation.Completed is null || matches != operation.IsRefused;
    }

    private static int[] Window(IReadOnlyList<RegisterOperation> history, int[] indices, int[] order, int contradiction)
    {
        var blocked = history[contradiction];
        var claimed = blocked.Action == RegisterAction.CompareAndSet ? blocked.Expected : blocked.Value;
        var last = Array.FindLast(order, i => history[i] is { Action: not RegisterAction.Read, IsRefused: false } && history[i].Completed < blocked.Invoked);
        return
        [
            .. indices
                .Where(i => i == contradiction || (i == last && order.Contains(i))
                    || (history[i].Invoked <= blocked.Completed && (history[i].Completed is null || history[i].Completed >= blocked.Invoked))
                    || (history[i].Action != RegisterAction.Read && blocked.Action != RegisterAction.Write && history[i].Value == claimed && history[i].Invoked <= blocked.Completed))
                .OrderBy(i => history[i].Invoked)
                .ThenBy(static i => i),
        ];
    }

    /// <summary>What a register holds.</summary>
    private readonly record struct Held(long? Value);
}
