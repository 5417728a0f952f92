namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The faults that were asked for and haven't happened yet, in order.</summary>
internal sealed class FaultPlan
{
    private readonly List<Planned> _planned = [];

    private sealed record Planned(SimulatedFault Fault, SimulatedOperations Operations)
    {
        public int Times { get; set; }
    }

    public void Add(SimulatedFault fault, SimulatedOperations operations, int times) =>
        _planned.Add(new Planned(fault, operations) { Times = times });

    public void Clear() => _planned.Clear();

    /// <summary>The fault that befalls an operation; null for none.</summary>
    public SimulatedFault? Take(SimulatedOperations operation)
    {
        var index = _planned.FindIndex(planned => (planned.Operations & operation) != SimulatedOperations.None);
        if (index < 0)
        {
            return null;
        }

        var planned = _planned[index];
        if (--planned.Times == 0)
        {
            _planned.RemoveAt(index);
        }

        return planned.Fault;
    }
}
