using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>What befalls links between regions.</summary>
internal static class NetworkTrouble
{
    public static Action? Begin(SimulatedNetwork network, string from, string to, Fault fault)
    {
        SimulatedLink[] both = [network[from, to], network[to, from]];
        switch (fault.Kind)
        {
            case FaultKind.CutOneWay:
                network.Cut(from, to);
                return () => network.Restore(from, to);
            case FaultKind.Cut:
                network.CutBoth(from, to);
                return () => network.RestoreBoth(from, to);
            case FaultKind.IsolateRegion:
                network.Isolate(from);
                return () => network.Reconnect(from);
            case FaultKind.Lose:
                return Set(both, fault.Amount * 0.2, static (link, share) => link.Loss = share);
            case FaultKind.Reset:
                return Set(both, fault.Amount * 0.3, static (link, share) => link.Reset = share);
            case FaultKind.Duplicate:
                return Set(both, fault.Amount * 0.5, static (link, share) => link.Duplication = share);
            case FaultKind.Reorder:
                return Set(both, fault.Amount * 200, static (link, milliseconds) => link.Jitter = TimeSpan.FromMilliseconds(milliseconds));
            default:
                return null;
        }
    }

    private static Action Set(SimulatedLink[] links, double amount, Action<SimulatedLink, double> set)
    {
        foreach (var link in links)
        {
            set(link, amount);
        }

        return () =>
        {
            foreach (var link in links)
            {
                set(link, 0);
            }
        };
    }
}
