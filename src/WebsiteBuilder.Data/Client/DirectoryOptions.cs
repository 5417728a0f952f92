namespace WebsiteBuilder.Data;

/// <summary>Where names that are unique everywhere are kept, and by which secrets they are hashed. Default: nowhere.</summary>
/// <remarks>
/// All clients of a data tier need the same shard, and have at least one key in common at any time. Rotation: add the new key to all processes; run
/// <see cref="IAccountDirectory.RenewAsync"/> for each territory; remove the old one from all processes; run <see cref="ITerritoryDirectory.ForgetKeyAsync"/>.
/// </remarks>
public sealed class DirectoryOptions
{
    /// <summary>The name of the shard that holds the directory, one of <see cref="DataOptions.Shards"/>; it may hold territories, too. Default: none; there is no directory.</summary>
    public string? Shard { get; set; }

    /// <summary>
    /// The secrets by number, 1 to 255, 8 at most, as base64 of 32 bytes at least. They are used for nothing else: whoever has one and the directory's table can try out names.
    /// Required with <see cref="Shard"/>. A number never gets another secret.
    /// </summary>
    public IDictionary<int, string> Keys { get; } = new Dictionary<int, string>();

    /// <summary>
    /// How long a name is kept for whoever began to claim it, by the clock of whoever wants to know: 100 ms to 1 hour. Default: 1 minute. After that another one may take it
    /// over; whoever is slower then fails. Clocks that disagree change who is too slow, and nothing else.
    /// </summary>
    public TimeSpan ReservationTime { get; set; } = TimeSpan.FromMinutes(1);
}
