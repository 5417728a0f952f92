using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>A server that hangs and goes on, again and again.</summary>
internal sealed class Flapping(Stage stage, SimulatedNode node)
{
    /// <summary>How long it hangs.</summary>
    private static readonly TimeSpan Hangs = TimeSpan.FromMilliseconds(700);

    /// <summary>From one time to the next: long enough to be taken for well in between.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private bool _hasEnded;

    /// <summary>How often it hangs within a time.</summary>
    public static int TimesIn(TimeSpan time) => 1 + (int)(time / Period);

    public void Begin()
    {
        if (_hasEnded)
        {
            return;
        }

        node.Hang();
        stage.At(stage.Now + Hangs, node.Heal);
        stage.At(stage.Now + Period, Begin);
    }

    public void End()
    {
        _hasEnded = true;
        node.Heal();
    }
}
