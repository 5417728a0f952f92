using System.Globalization;

namespace WebsiteBuilder.Data;

/// <summary>An amount of money: whole minor units of one currency, such as 1,999 for 19.99 USD. Never a binary fraction.</summary>
/// <remarks>How many minor units a unit has is the currency's matter (ISO 4217: none for JPY, three for KWD), and isn't known here. The default value has no currency and is refused by maps.</remarks>
public readonly record struct Money
{
    private readonly string? _currency;

    /// <summary>Makes an amount.</summary>
    /// <param name="minorUnits">The amount in minor units; negative for what is taken off.</param>
    /// <param name="currency">The currency's ISO 4217 code: three letters of A-Z. Whether it is in use isn't checked.</param>
    /// <exception cref="ArgumentException">The currency isn't such a code.</exception>
    public Money(long minorUnits, string currency)
    {
        ArgumentNullException.ThrowIfNull(currency);
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
        {
            throw new ArgumentException("A currency is an ISO 4217 code: three letters of A-Z.", nameof(currency));
        }

        MinorUnits = minorUnits;
        _currency = currency;
    }

    /// <summary>The amount in minor units.</summary>
    public long MinorUnits { get; }

    /// <summary>The currency's ISO 4217 code.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, which has none.</exception>
    public string Currency => _currency ?? throw new InvalidOperationException("The amount has no currency: it is the default value.");

    /// <summary>The sum.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The sum is out of range.</exception>
    public static Money operator +(Money left, Money right) => left.Add(right);

    /// <summary>So many times the amount.</summary>
    /// <exception cref="OverflowException">The product is out of range.</exception>
    public static Money operator *(Money amount, int times) => amount.Multiply(times);

    /// <summary>The sum.</summary>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    /// <exception cref="OverflowException">The sum is out of range.</exception>
    public Money Add(Money other) => Currency == other.Currency
        ? new Money(checked(MinorUnits + other.MinorUnits), Currency)
        : throw new InvalidOperationException("Amounts of different currencies can't be added.");

    /// <summary>So many times the amount.</summary>
    /// <exception cref="OverflowException">The product is out of range.</exception>
    public Money Multiply(int times) => new(checked(MinorUnits * times), Currency);

    /// <summary>Minor units and currency, such as <c>1999 USD</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{MinorUnits} {_currency}").TrimEnd();
}
