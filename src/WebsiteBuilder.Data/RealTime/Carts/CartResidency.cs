namespace WebsiteBuilder.Data.RealTime;

/// <summary>The residency rule of carts: whose a store may keep. Immutable.</summary>
internal sealed class CartResidency
{
    private readonly HashSet<Territory>? _territories;

    /// <param name="jurisdiction">The store's, if it has one.</param>
    /// <param name="territories">Whose users' data may be kept there; null if anybody's may.</param>
    /// <exception cref="InvalidOperationException">There is a jurisdiction, and nobody said which territories are of it.</exception>
    public CartResidency(string? jurisdiction, IReadOnlyCollection<Territory>? territories)
    {
        if (jurisdiction is not null && territories is null)
        {
            throw new InvalidOperationException("The store is in a jurisdiction: set RealTimeOptions.Territories to those whose users' carts may be kept in it.");
        }

        _territories = territories is null ? null : [.. territories];
    }

    public bool Allows(Territory territory) => !territory.IsUnspecified && _territories?.Contains(territory) != false;

    /// <exception cref="ArgumentException">The cart may not be here.</exception>
    public void Require(CartKey key, string argument)
    {
        if (!Allows(key.Territory))
        {
            throw new ArgumentException(
                key.Territory.IsUnspecified
                    ? "The cart's territory isn't specified."
                    : "The cart's territory isn't one of those whose data may be kept in this store's jurisdiction (RealTimeOptions.Territories); nothing was read or written.",
                argument);
        }
    }
}
