using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Callers who leave after the same time, but for one of four.</summary>
internal sealed record Impatience(TimeSpan After, int Stays)
{
    public TimeSpan? Of(Step step) => step.Healed || step.Number % 4 == Stays % 4 ? null : After;
}
