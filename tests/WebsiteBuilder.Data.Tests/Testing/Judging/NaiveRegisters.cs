using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>Tries every order and every fate of the operations of unknown outcome. For a handful of operations.</summary>
internal static class NaiveRegisters
{
    public static bool IsLinearizable(IReadOnlyList<RegisterOperation> history) =>
        history.GroupBy(static operation => operation.Key).All(static register => Fits([.. register], null));

    private static bool Fits(List<RegisterOperation> left, long? held)
    {
        if (left.All(static operation => operation.Completed is null))
        {
            return true;
        }

        return Enumerable.Range(0, left.Count).Any(i =>
        {
            var (next, rest) = (left[i], left.Where((_, other) => other != i).ToList());
            return rest.All(other => !(other.Completed < next.Invoked))
                && (next.Action, next.Completed is null, next.Refused) switch
                {
                    (RegisterAction.Read, true, _) => Fits(rest, held),
                    (RegisterAction.Read, false, _) => held == next.Value && Fits(rest, held),
                    (RegisterAction.Write, _, _) => Fits(rest, next.Value),
                    (_, true, _) => Fits(rest, held == next.Expected ? next.Value : held),
                    (_, false, true) => held != next.Expected && Fits(rest, held),
                    (_, false, false) => held == next.Expected && Fits(rest, next.Value),
                };
        });
    }
}
