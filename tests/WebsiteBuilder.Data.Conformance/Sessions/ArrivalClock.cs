using System.Runtime.CompilerServices;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>
/// The system's clock, which also tells when the client last looked at it during a call: that is when the answer arrived. The caller may
/// run again much later on a busy machine, which is no fault of the answer.
/// </summary>
public sealed class ArrivalClock : TimeProvider
{
    private static readonly AsyncLocal<StrongBox<long>?> Current = new();

    private readonly long _origin = System.GetTimestamp();

    public TimeSpan Now => System.GetElapsedTime(_origin);

    public override long TimestampFrequency => System.TimestampFrequency;

    /// <summary>Watches the calls that are made from here on, in this flow.</summary>
    public static StrongBox<long> Watch() => Current.Value = new StrongBox<long>();

    public TimeSpan? ArrivalOf(StrongBox<long> call) => call.Value == 0 ? null : System.GetElapsedTime(_origin, call.Value);

    public override long GetTimestamp()
    {
        var now = System.GetTimestamp();
        if (Current.Value is { } call)
        {
            Volatile.Write(ref call.Value, now);
        }

        return now;
    }
}
