namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>
/// Gives upserts idempotency keys, and sends them again: at once or a few steps later, by the same worker, so that one has ended when the next begins. Draws from a
/// source of its own, so that worlds without keys stay as they are.
/// </summary>
internal sealed class Repeats(double share, Draw draw)
{
    private const double SentAgain = 0.5;
    private const double Changed = 0.25;
    private const int MostStepsLater = 4;
    private Step? _next;
    private int _stepsLeft;

    /// <summary>The step, perhaps under a key.</summary>
    public Step Note(Step step)
    {
        if (step.IdempotencyKey is null && share > 0 && draw.Chance(share))
        {
            step = step with { IdempotencyKey = step.Number };
        }

        if (step.IdempotencyKey is not null && _next is null && draw.Chance(SentAgain))
        {
            _next = draw.Chance(Changed) ? step with { Value = 0 } : step;
            _stepsLeft = draw.Between(1, MostStepsLater);
        }

        return step;
    }

    /// <summary>What is due after one more step; null for nothing.</summary>
    public Step? Next()
    {
        if (_next is null || --_stepsLeft > 0)
        {
            return null;
        }

        var due = _next;
        _next = null;
        return due;
    }

    /// <summary>What is left to send again belonged to a worker that has ended.</summary>
    public void Forget() => _next = null;
}
