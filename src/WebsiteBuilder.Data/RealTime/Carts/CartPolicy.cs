using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How carts are kept. All processes should have the same. Immutable.</summary>
public sealed record CartPolicy
{
    /// <summary>Kept in Redis for 30 days after the last change, brought to PostgreSQL every second.</summary>
    public static CartPolicy Default { get; } = new();

    /// <summary>
    /// How long Redis keeps a cart after its last change was brought to PostgreSQL, where it stays: 1 hour to 366 days. Until it is brought it has no expiry. Default: 30 days.
    /// </summary>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long it is remembered that an article was taken out, of the last 200 of a cart: as long as <see cref="Expiry"/> at least, to 366 days. What another region put in before, and brings later than that, is in again. Default: 30 days.</summary>
    public TimeSpan RemovalLife { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long <see cref="CartSynchronizer.RunAsync"/> pauses: 10 ms to 1 hour, ± half. Default: 1 second.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many replicas of Redis are to have a change before it is acknowledged. Default: none is waited for.</summary>
    public RedisDurability? Durability { get; init; }

    /// <summary>
    /// How durable a cart's row in PostgreSQL must be before the cart counts as brought: <see cref="WriteDurability.Local"/> to <see cref="WriteDurability.RemoteApply"/>. Where the shard has no
    /// synchronous standby choose <see cref="WriteDurability.Local"/>, or no cart ever counts as brought, and Redis keeps all of them (<see cref="CartSync.NotDurable"/>). Default:
    /// <see cref="WriteDurability.RemoteFlush"/>.
    /// </summary>
    public WriteDurability RowDurability { get; init; } = WriteDurability.RemoteFlush;

    internal void Require()
    {
        Bounds.Require(Expiry, TimeSpan.FromHours(1), TimeSpan.FromDays(366), nameof(Expiry));
        // A copy in Redis that is older than what was taken out since would bring it back.
        Bounds.Require(RemovalLife, Expiry, TimeSpan.FromDays(366), nameof(RemovalLife));
        Bounds.Require(Interval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(Interval));
        Bounds.Require((int)RowDurability, (int)WriteDurability.Local, (int)WriteDurability.RemoteApply, nameof(RowDurability));
    }
}
