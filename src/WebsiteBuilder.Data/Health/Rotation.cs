namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Whether a node is in rotation: out after so many failures in a row or conclusive evidence, back after so many successes in a row and its hold. This is also the node's circuit breaker:
/// closed in rotation, open out of it, half-open while probes succeed and the hold lasts. Pure: time is an argument. Guarded by its owner.
/// </summary>
internal struct Rotation(HealthPolicy policy)
{
    private GrowingHold _hold = new(policy.ReturnDelay, policy.ReturnDelay > policy.RecheckInterval ? policy.ReturnDelay * 2 : policy.RecheckInterval, policy.LongestHold);
    private int _failures;
    private int _successes;
    private TimeSpan _wellSince;

    public EndpointHealth Health { get; private set; }

    /// <summary>Whether a success would change anything.</summary>
    public readonly bool NeedsEvidence => _failures > 0 || Health != EndpointHealth.Healthy;

    /// <summary>Counts evidence that the node works.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isNeeded">Whether nobody can stand in for it, so that to hold it back would only do harm.</param>
    public void Succeeded(TimeSpan now, bool isNeeded)
    {
        _failures = 0;
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

            Health = EndpointHealth.Healthy;
        }
    }

    /// <summary>Counts evidence that it doesn't.</summary>
    public void Failed(TimeSpan now)
    {
        _successes = 0;
        if (++_failures >= policy.FailuresToLeave)
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
