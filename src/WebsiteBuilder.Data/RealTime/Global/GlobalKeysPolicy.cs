using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How global keys are kept. All processes of all regions must have the same. Immutable.</summary>
public sealed record GlobalKeysPolicy
{
    /// <summary>All regions, no jurisdiction, 16 partitions, deletions known for 7 days, a copy every second.</summary>
    public static GlobalKeysPolicy Default { get; } = new();

    /// <summary>The regions that have a copy, the local one among them. Default: null, all that have a store.</summary>
    public IReadOnlyCollection<RegionId>? Regions { get; init; }

    /// <summary>
    /// The jurisdiction that these keys don't leave, as <see cref="RealTimeOptions.Jurisdiction"/> names it: every region must be of it. Default: null, they may be anywhere.
    /// </summary>
    public string? Jurisdiction { get; init; }

    /// <summary>Into how many parts the keys are divided, each with a hash slot of its own: 1 to 1,024, the same for as long as the data is kept. Default: 16.</summary>
    public int Partitions { get; init; } = 16;

    /// <summary>
    /// How long a region remembers a deletion, so that an older value that comes late doesn't undo it: more than 2 × (<see cref="FullInterval"/> + 1.5 × <see cref="Interval"/>) +
    /// <see cref="MaxClockSkew"/>, to 366 days. Regions that haven't copied from each other for that long less <see cref="MaxClockSkew"/>, or of which one forgot a deletion sooner that the
    /// other hadn't heard of, since its clock was ahead, don't any more, until one of them begins anew (<see cref="GlobalKeys.BeginAnewAsync"/>). Default: 7 days.
    /// </summary>
    public TimeSpan TombstoneLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long <see cref="GlobalKeys.RunAsync"/> pauses between two copies: 10 ms to 1 hour, ± half. Default: 1 second.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often <see cref="GlobalKeys.RunAsync"/> compares everything, whatever it remembers: 1 s to 366 days. It heals what failovers lost. Default: 1 hour.</summary>
    public TimeSpan FullInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How far ahead of its server's clock a region takes other regions' stamps: 1 s to 1 day. Entries further ahead are refused, counted and logged, and taken in when their time has come; they don't set the
    /// region's clock. Default: 1 minute.
    /// </summary>
    public TimeSpan MaxClockSkew { get; init; } = TimeSpan.FromMinutes(1);

    internal void Require()
    {
        Bounds.Require(MaxClockSkew, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(MaxClockSkew));
        Bounds.Require(Partitions, 1, 1_024, nameof(Partitions));
        Bounds.Require(Interval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(Interval));
        Bounds.Require(FullInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(366), nameof(FullInterval));

        // A deletion must outlive two full copies, the pauses before them, and the difference of the clocks; else an older value comes back.
        Bounds.Require(TombstoneLife, (2 * (FullInterval + (1.5 * Interval))) + MaxClockSkew + TimeSpan.FromTicks(1), TimeSpan.FromDays(366), nameof(TombstoneLife));
    }
}
