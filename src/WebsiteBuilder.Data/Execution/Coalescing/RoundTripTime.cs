namespace WebsiteBuilder.Data.Execution;

/// <summary>How long a round trip takes without load. Guarded by its owner.</summary>
internal struct RoundTripTime
{
    /// <summary>A shorter round trip is believed at once, a longer one by and by: load makes them longer, and isn't distance.</summary>
    private const double Weight = 0.01;

    private TimeSpan? _usual;

    public readonly TimeSpan Usual => _usual ?? TimeSpan.Zero;

    public void Took(TimeSpan roundTrip) => _usual = _usual is { } known && roundTrip > known ? known + (Weight * (roundTrip - known)) : roundTrip;
}
