using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a financial transaction.</summary>
/// <param name="Territory">The user's territory.</param>
/// <param name="Id">Which one.</param>
public readonly record struct FinancialTransactionKey(Territory Territory, Guid Id);

/// <summary>Which way money moves.</summary>
public enum FinancialTransactionKind
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>From the user.</summary>
    Charge = 1,

    /// <summary>Back to the user.</summary>
    Refund = 2,
}

/// <summary>Whether money has moved.</summary>
public enum FinancialTransactionStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>Not known yet.</summary>
    Pending = 1,

    /// <summary>It has.</summary>
    Succeeded = 2,

    /// <summary>It hasn't, and won't.</summary>
    Failed = 3,
}

/// <summary>
/// Money that moves, or is to. User, order, kind and amount never change, and neither does the status once it isn't pending any more (<c>financial_transactions_fixed</c>):
/// what was wrong is put right by another one.
/// </summary>
public sealed record FinancialTransaction
{
    /// <summary>The key.</summary>
    public required FinancialTransactionKey Key { get; init; }

    /// <summary>The id of the user, who is in the same territory.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The id of the order that it is for, which is in the same territory.</summary>
    public Guid? OrderId { get; init; }

    /// <summary>Which way.</summary>
    public required FinancialTransactionKind Kind { get; init; }

    /// <summary>Whether the money has moved. Default: <see cref="FinancialTransactionStatus.Pending"/>.</summary>
    public FinancialTransactionStatus Status { get; init; } = FinancialTransactionStatus.Pending;

    /// <summary>How much, above 0; the kind says which way.</summary>
    public required Money Amount { get; init; }

    /// <summary>Who moves it, 1 to 50 characters.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's name for it, 1 to 200 characters; unique for the provider within the territory (<c>financial_transactions_provider_reference_key</c>).</summary>
    public string? ProviderReference { get; init; }

    /// <summary>When it was made. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it became known whether the money moved; <see langword="null"/> exactly while it is pending.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How financial transactions are stored: the table <c>financial_transactions</c>.</summary>
public static class FinancialTransactionMap
{
    /// <summary>Money: read at the primary, written to the synchronous standbys.</summary>
    public static EntityPolicy Policy => EntityPolicy.Critical;

    /// <summary>The map.</summary>
    public static EntityMap<FinancialTransaction, FinancialTransactionKey> Map { get; } = EntityMap.Create<FinancialTransaction, FinancialTransactionKey>("financial_transactions", static transaction => transaction.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static transaction => transaction.Key.Id, static key => key.Id);
        var user = map.Column("user_id", static transaction => transaction.UserId);
        var order = map.Column("order_id", static transaction => transaction.OrderId);
        var kind = map.Column("kind", static transaction => EnumColumns.Text(transaction.Kind));
        var status = map.Column("status", static transaction => EnumColumns.Text(transaction.Status));
        var amount = map.Column("amount_minor", static transaction => transaction.Amount.MinorUnits);
        var currency = map.Column("currency", static transaction => transaction.Amount.Currency);
        var provider = map.Column("provider", static transaction => transaction.Provider);
        var reference = map.Column("provider_reference", static transaction => transaction.ProviderReference);
        var created = map.Column("created_at", static transaction => transaction.CreatedAt);
        var settled = map.Column("settled_at", static transaction => transaction.SettledAt);
        var version = map.Version("version", static transaction => transaction.Version);
        return row => new FinancialTransaction
        {
            Key = new FinancialTransactionKey(row.Territory, row.Get(id)),
            UserId = row.Get(user),
            OrderId = row.Get(order),
            Kind = EnumColumns.Value<FinancialTransactionKind>(row.Get(kind)),
            Status = EnumColumns.Value<FinancialTransactionStatus>(row.Get(status)),
            Amount = new Money(row.Get(amount), row.Get(currency)),
            Provider = row.Get(provider),
            ProviderReference = row.Get(reference),
            CreatedAt = row.Get(created),
            SettledAt = row.Get(settled),
            Version = row.Get(version),
        };
    });

    /// <summary>The user, for queries.</summary>
    public static EntityColumn<FinancialTransaction, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>The order, for queries.</summary>
    public static EntityColumn<FinancialTransaction, Guid?> OrderId { get; } = Map.Column<FinancialTransaction, FinancialTransactionKey, Guid?>("order_id");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<FinancialTransaction, string> Status { get; } = Map.Text("status");

    /// <summary>When it was made, for queries.</summary>
    public static EntityColumn<FinancialTransaction, DateTimeOffset> CreatedAt { get; } = Map.Time("created_at");
}
