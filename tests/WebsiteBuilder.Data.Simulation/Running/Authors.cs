using WebsiteBuilder.Data.Simulation.Judges;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing.Judging;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>
/// Which call left which record behind. A value names its call, unless the same request was sent again: then a record belongs to the call that was sent last before
/// it was written.
/// </summary>
internal sealed class Authors
{
    private readonly IReadOnlyList<LogRecord>[] _written;

    private Authors(IReadOnlyList<LogRecord>[] written, IReadOnlyList<Effect> effects)
    {
        _written = written;
        Effects = effects;
    }

    public IReadOnlyList<Effect> Effects { get; }

    /// <summary>What a call left behind, by its index.</summary>
    public IReadOnlyList<LogRecord> this[int call] => _written[call];

    public static Authors Of(IReadOnlyList<Call> calls, IReadOnlyList<Chronicle> chronicles)
    {
        var written = new IReadOnlyList<LogRecord>[calls.Count];
        Array.Fill(written, []);
        var effects = new List<Effect>();
        foreach (var request in Enumerable.Range(0, calls.Count).Where(i => Value(calls[i]) is not null).GroupBy(i => Value(calls[i])!.Value))
        {
            int[] sent = [.. request.OrderBy(i => calls[i].Invoked)];
            foreach (var record in chronicles[calls[sent[0]].Shard].Writes(request.Key).OrderBy(static record => record.WrittenAt))
            {
                var author = sent.LastOrDefault(i => calls[i].Invoked <= record.WrittenAt, sent[0]);
                effects.Add(new Effect(author, RequestOf(calls[author].Step), chronicles[calls[author].Shard].EntryOf(record)));

                // What an earlier one left on its way may arrive late: of one that failed meanwhile nobody knows whether it was this.
                if (author == sent[0] || calls[author].Succeeded)
                {
                    written[author] = [.. written[author], record];
                }
            }
        }

        return new Authors(written, effects);
    }

    private static int RequestOf(Step step) => step.IdempotencyKey ?? step.Number;

    private static long? Value(Call call) => call.Kind == OperationKind.Write ? call.Values[0] : null;
}
