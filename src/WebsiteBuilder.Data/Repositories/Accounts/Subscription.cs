using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a subscription.</summary>
/// <param name="Territory">The user's territory.</param>
/// <param name="Id">Which one.</param>
public readonly record struct SubscriptionKey(Territory Territory, Guid Id);

/// <summary>Whether a subscription runs.</summary>
public enum SubscriptionStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>It runs, and isn't paid for yet.</summary>
    Trialing = 1,

    /// <summary>It runs.</summary>
    Active = 2,

    /// <summary>A payment is missing.</summary>
    PastDue = 3,

    /// <summary>It is over.</summary>
    Cancelled = 4,
}

/// <summary>What a user pays for. A user has one at most that isn't cancelled (<c>subscriptions_one_per_user</c>), and can't be deleted while there is any.</summary>
public sealed record Subscription
{
    /// <summary>The key.</summary>
    public required SubscriptionKey Key { get; init; }

    /// <summary>The id of the user, who is in the same territory.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The tier, 1 to 20 characters, as in <see cref="User.SubscriptionTier"/>.</summary>
    public required string Tier { get; init; }

    /// <summary>Whether it runs.</summary>
    public required SubscriptionStatus Status { get; init; }

    /// <summary>The price of one period, 0 or more.</summary>
    public required Money Price { get; init; }

    /// <summary>When the current period began. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset PeriodStart { get; init; }

    /// <summary>When the current period ends, after its start.</summary>
    public required DateTimeOffset PeriodEnd { get; init; }

    /// <summary>Whether it ends with the current period. Default: false.</summary>
    public bool CancelAtPeriodEnd { get; init; }

    /// <summary>The payment provider's name for it, 1 to 200 characters; unique within the territory.</summary>
    public string? ProviderReference { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How subscriptions are stored: the table <c>subscriptions</c>.</summary>
public static class SubscriptionMap
{
    /// <summary>Money: read at the primary, written to the synchronous standbys.</summary>
    public static EntityPolicy Policy => EntityPolicy.Critical;

    /// <summary>The map.</summary>
    public static EntityMap<Subscription, SubscriptionKey> Map { get; } = EntityMap.Create<Subscription, SubscriptionKey>("subscriptions", static subscription => subscription.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static subscription => subscription.Key.Id, static key => key.Id);
        var user = map.Column("user_id", static subscription => subscription.UserId);
        var tier = map.Column("tier", static subscription => subscription.Tier);
        var status = map.Column("status", static subscription => EnumColumns.Text(subscription.Status));
        var price = map.Column("price_minor", static subscription => subscription.Price.MinorUnits);
        var currency = map.Column("currency", static subscription => subscription.Price.Currency);
        var start = map.Column("period_start", static subscription => subscription.PeriodStart);
        var end = map.Column("period_end", static subscription => subscription.PeriodEnd);
        var cancel = map.Column("cancel_at_period_end", static subscription => subscription.CancelAtPeriodEnd);
        var reference = map.Column("provider_reference", static subscription => subscription.ProviderReference);
        var created = map.Column("created_at", static subscription => subscription.CreatedAt);
        var updated = map.Column("updated_at", static subscription => subscription.UpdatedAt);
        var version = map.Version("version", static subscription => subscription.Version);
        return row => new Subscription
        {
            Key = new SubscriptionKey(row.Territory, row.Get(id)),
            UserId = row.Get(user),
            Tier = row.Get(tier),
            Status = EnumColumns.Value<SubscriptionStatus>(row.Get(status)),
            Price = new Money(row.Get(price), row.Get(currency)),
            PeriodStart = row.Get(start),
            PeriodEnd = row.Get(end),
            CancelAtPeriodEnd = row.Get(cancel),
            ProviderReference = row.Get(reference),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The user, for queries.</summary>
    public static EntityColumn<Subscription, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<Subscription, string> Status { get; } = Map.Text("status");

    /// <summary>The end of the current period, for queries.</summary>
    public static EntityColumn<Subscription, DateTimeOffset> PeriodEnd { get; } = Map.Time("period_end");

    /// <summary>When it was made, for queries.</summary>
    public static EntityColumn<Subscription, DateTimeOffset> CreatedAt { get; } = Map.Time("created_at");
}
