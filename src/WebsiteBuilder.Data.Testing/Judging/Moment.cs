namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>An invocation or a completion. Judges walk along them.</summary>
internal readonly record struct Moment(int Operation, bool Completes)
{
    /// <summary>Those of a history in the order of time; those of one instant in the order of the history.</summary>
    public static Moment[] Of(IReadOnlyList<Operation> history)
    {
        var ticks = new long[history.Count * 2];
        var numbers = new int[ticks.Length];
        for (var i = 0; i < ticks.Length; i++)
        {
            numbers[i] = i;
            ticks[i] = (i % 2 == 0 ? history[i / 2].Invoked : history[i / 2].Completed).Ticks;
        }

        // Plain numbers sort many times faster than records. Their sort isn't stable, so those of one instant are put in order after it.
        Array.Sort(ticks, numbers);
        for (int start = 0, end; start < numbers.Length; start = end)
        {
            for (end = start + 1; end < numbers.Length && ticks[end] == ticks[start];)
            {
                end++;
            }

            Array.Sort(numbers, start, end - start);
        }

        return Array.ConvertAll(numbers, static number => new Moment(number / 2, Completes: number % 2 == 1));
    }
}
