using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data;

/// <summary>What a synchronization did.</summary>
/// <param name="Done">How many carts are in PostgreSQL as they are in Redis, as durable as <see cref="CartPolicy.RowDurability"/> asks.</param>
/// <param name="Left">How many are left for the next time: changed meanwhile, or not brought for whatever reason.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CartSync(int Done, int Left)
{
    /// <summary>Of those left, how many were refused in a way that won't pass by itself: by PostgreSQL, for a territory that isn't the store's, or because what Redis has is no cart. Their reasons are logged.</summary>
    public int Refused { get; init; }

    /// <summary>Of those left, how many are in PostgreSQL, but not known to be as durable as <see cref="CartPolicy.RowDurability"/> asks.</summary>
    public int NotDurable { get; init; }

    /// <summary>
    /// How many had changes that PostgreSQL never got, and are gone from Redis: evicted, or deleted past the library. What PostgreSQL has of them stays. They are counted once, and logged.
    /// </summary>
    public int Lost { get; init; }

    internal CartSync Counting(CartFate fate) => fate switch
    {
        CartFate.Done => this with { Done = Done + 1 },
        CartFate.Lost => this with { Lost = Lost + 1 },
        CartFate.Refused => this with { Left = Left + 1, Refused = Refused + 1 },
        CartFate.NotDurable => this with { Left = Left + 1, NotDurable = NotDurable + 1 },
        _ => this with { Left = Left + 1 },
    };
}

/// <summary>What became of one cart that was listed.</summary>
internal enum CartFate
{
    /// <summary>It waits for the next time.</summary>
    Left = 0,

    /// <summary>It is in PostgreSQL.</summary>
    Done = 1,

    /// <summary>It is no more.</summary>
    Lost = 2,

    /// <summary>It waits, and will in vain unless something is done about it.</summary>
    Refused = 3,

    /// <summary>It is in PostgreSQL, but may yet be lost there.</summary>
    NotDurable = 4,
}
