namespace WebsiteBuilder.Data.Repositories;

/// <summary>How far a user has left. The numbers are stored.</summary>
internal enum ForwardingState
{
    /// <summary>Still here, and on the way.</summary>
    Moving = 1,

    /// <summary>Gone.</summary>
    Moved = 2,
}

/// <summary>Where a user went who left.</summary>
/// <param name="Key">The key that the user had here.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Move">The move, or the last one of several that this row leads over.</param>
/// <param name="State">How far.</param>
internal sealed record Forwarding(UserKey Key, Territory Destination, Guid Move, ForwardingState State)
{
    public long Version { get; init; }
}

internal static class ForwardingMap
{
    public static EntityMap<Forwarding, UserKey> Map { get; } = EntityMap.Create<Forwarding, UserKey>("wbd.forwarding", static row => row.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static row => row.Key.Id, static key => key.Id);
        var destination = map.Column("destination", static row => row.Destination.ToString());
        var move = map.Column("move", static row => row.Move);
        var state = map.Column("state", static row => (short)row.State);
        var version = map.Version("version", static row => row.Version);
        return row => new Forwarding(
            new UserKey(row.Territory, row.Get(id)), Territory.Parse(row.Get(destination)), row.Get(move), (ForwardingState)row.Get(state))
        {
            Version = row.Get(version),
        };
    });

    /// <summary>Those who are about to leave a territory.</summary>
    public static Query<Forwarding> Leaving(Territory territory, Guid after) => Query.All<Forwarding>().In(territory)
        .Where((EntityColumn<Forwarding, short>)Map.Columns[3], Comparison.Equal, (short)ForwardingState.Moving)
        .Where((EntityColumn<Forwarding, Guid>)Map.Columns[0], Comparison.Greater, after)
        .OrderBy(Map.Columns[0]);
}
