namespace WebsiteBuilder.Data.Samples.OwnSql;

/// <summary>What was read back, and where.</summary>
internal sealed record Seen(string? Status, RegionId WrittenAt, RegionId ReadAt, AnswerSource Source)
{
    /// <summary>A data source for the users of a territory; the connections that it opens know where they lead.</summary>
    public static RoutedDataSource Open(IDataSession session, UserKey key, OperationIntent intent) =>
        (RoutedDataSource)session.CreateDataSource("users", intent, territory: key.Territory);
}
