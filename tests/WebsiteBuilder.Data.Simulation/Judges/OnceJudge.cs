using System.Globalization;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>What one call left in a log.</summary>
/// <param name="Operation">The index of the call in the history.</param>
/// <param name="Request">The same for all calls under one idempotency key; unique for a call without one.</param>
/// <param name="Entry">Where it stands.</param>
internal readonly record struct Effect(int Operation, int Request, LogEntry Entry);

/// <summary>
/// Finds writes that took effect more than once: a call on any two branches of the log, because it may not send again what somebody may have seen and a promotion
/// lost; an idempotency key twice in one log, because the row that tells of the first time is in that log. Pure.
/// </summary>
internal static class OnceJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations.</param>
    /// <param name="effects">What they left in the logs.</param>
    /// <param name="branches">The logs.</param>
    /// <returns>The later effect of each pair, in the order of the effects.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, IReadOnlyList<Effect> effects, Branches branches)
    {
        var found = new List<Violation>();
        foreach (var request in effects.GroupBy(static effect => effect.Request))
        {
            Effect[] all = [.. request];
            for (var i = 1; i < all.Length; i++)
            {
                var (effect, shard) = (all[i], history[all[i].Operation].Shard);
                var before = all.Take(i).Where(before => before.Operation == effect.Operation || AreInOneLog(branches, shard, before.Entry, effect.Entry)).ToArray();
                if (before.Length > 0)
                {
                    found.Add(Twice(history, before[0], effect));
                }
            }
        }

        return found;
    }

    private static bool AreInOneLog(Branches branches, int shard, LogEntry one, LogEntry other) =>
        branches.Contains(shard, other.Branch, one) || branches.Contains(shard, one.Branch, other);

    private static Violation Twice(IReadOnlyList<Operation> history, Effect first, Effect again) => new()
    {
        Judge = nameof(OnceJudge),
        Operation = again.Operation,
        Key = again.Entry.Key,
        Version = again.Entry.Version,
        Explanation = string.Create(
            CultureInfo.InvariantCulture,
            $"{history[again.Operation]}: stands on branch {again.Entry.Branch} at {again.Entry.Position}, after the same request had been applied on branch {first.Entry.Branch} at {first.Entry.Position}"),
    };
}
