namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Whether a node is in rotation: out after so many failures in a row, when two of five operations fail of late, or by conclusive evidence; back after so many successes in a row and its hold. This is also the node's circuit breaker:
/// closed in rotation, open out of it, half-open while probes succeed and the hold lasts. Pure: time is an argument. Guarded by its owner.
/// </summary>
internal struct Rotation(HealthPolicy policy)
{
    private const double MostFailing = 0.4;
    private const double HardlyAny = 0.01;
    private const int LeastMemory = 16;

    private GrowingHold _hold = new(policy.ReturnDelay, policy.ReturnDelay > policy.RecheckInterval ? policy.ReturnDelay * 2 : policy.RecheckInterval, policy.LongestHold);
    private int _failures;
    private double _failing;
    private int _successes;
    private TimeSpan _wellSince;

    public EndpointHealth Health { get; private set; }

    /// <summary>Whether a success would change anything.</summary>
    public readonly bool NeedsEvidence => _failures > 0 || _failing > HardlyAny || Health != EndpointHealth.Healthy;

    /// <summary>How far the share that fails of late moves with one outcome: too little for failures in a row to count sooner by it.</summary>
    private readonly double Step => 1.0 / Math.Max(LeastMemory, 4 * policy.FailuresToLeave);

    /// <summary>Counts evidence that the node works.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isNeeded">Whether nobody can stand in for it, so that to hold it back would only do harm.</param>
    public void Succeeded(TimeSpan now, bool isNeeded)
    {
        _failures = 0;
        _failing -= _failing * Step;
        if (Health == EndpointHealth.Healthy)
        {
            return;
        }

        if (_successes++ == 0)
        {
            _wellSince = now;
        }

        var isHeld = !isNeeded && now - _wellSince < _hold.Length;
        if (Health == EndpointHealth.Unknown || (_successes >= policy.SuccessesToReturn && !isHeld))
        {
            if (Health == EndpointHealth.Unhealthy)
            {
                _hold.End(now);
            }

            _failing = 0;
            Health = EndpointHealth.Healthy;
        }
    }

    /// <summary>Counts evidence that it doesn't.</summary>
    public void Failed(TimeSpan now)
    {
        _successes = 0;
        _failing += (1 - _failing) * Step;
        if (++_failures >= policy.FailuresToLeave || _failing >= MostFailing)
        {
            Leave(now);
        }
    }

    /// <summary>There is no doubt: it can't be used.</summary>
    public void Leave(TimeSpan now)
    {
        _successes = 0;
        _failures = policy.FailuresToLeave;
        if (Health == EndpointHealth.Healthy)
        {
            _hold.Begin(now);
        }

        Health = EndpointHealth.Unhealthy;
    }
}
