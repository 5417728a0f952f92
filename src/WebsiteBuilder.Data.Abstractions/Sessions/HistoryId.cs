namespace WebsiteBuilder.Data;

/// <summary>
/// Names one history of one shard's log. Positions compare only within a history. Zero names none.
/// 32 bits are enough to tell the few histories of one shard apart, and short enough to travel in every token.
/// </summary>
internal readonly record struct HistoryId(uint Value)
{
    public bool IsNone => Value == 0;

    public override string ToString() => Value.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
