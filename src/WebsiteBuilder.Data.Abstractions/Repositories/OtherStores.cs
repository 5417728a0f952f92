namespace WebsiteBuilder.Data;

/// <summary>Documents of one kind. The members arrive with the document store.</summary>
/// <typeparam name="TDocument">The document.</typeparam>
/// <typeparam name="TKey">Its key.</typeparam>
public interface IDocumentRepository<TDocument, TKey>
    where TDocument : class
    where TKey : notnull;

/// <summary>Points of one measurement over time. The members arrive with the time-series store.</summary>
/// <typeparam name="TPoint">The point.</typeparam>
public interface ITimeSeriesRepository<TPoint>;
