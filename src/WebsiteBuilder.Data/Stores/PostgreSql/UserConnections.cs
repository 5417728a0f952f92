using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The connections to one endpoint that run users' own SQL: a pool of their own, so that they can't take the engine's. Npgsql resets each one
/// before its next user gets it. Whoever waits for a place is counted here and not in Npgsql's pool, whose wait can't be told from a node
/// that doesn't answer.
/// </summary>
internal sealed class UserConnections : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _places;

    public UserConnections(string endpoint, string connectionString, int maxPoolSize, TimeSpan connectTimeout)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "WebsiteBuilder.Data sql",
            Pooling = true,
            MaxPoolSize = maxPoolSize,
            MinPoolSize = 0,
            NoResetOnClose = false,
            Multiplexing = false,
            Enlist = false,
            IncludeFailedBatchedCommand = true,
            Timeout = Math.Max(1, (int)Math.Ceiling(connectTimeout.TotalSeconds)),
        };
        _places = new SemaphoreSlim(maxPoolSize);
        _source = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = endpoint + " sql" }.Build();
    }

    /// <summary>Opens a connection; <see cref="Close"/> or <see cref="CloseAsync"/> ends it.</summary>
    public async Task<NpgsqlConnection> OpenAsync(TimeSpan placeWait, CancellationToken cancellationToken)
    {
        await WaitForPlaceAsync(placeWait, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _places.Release();
            throw PostgresFaults.Connecting(exception, cancellationToken);
        }
    }

    public void Close(NpgsqlConnection connection)
    {
        try
        {
            connection.Dispose();
        }
        finally
        {
            _places.Release();
        }
    }

    public async ValueTask CloseAsync(NpgsqlConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task WaitForPlaceAsync(TimeSpan placeWait, CancellationToken cancellationToken)
    {
        bool gotOne;
        try
        {
            gotOne = await _places.WaitAsync(placeWait, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled)
        {
            throw new StoreFaultException(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "The caller gave up.", cancelled);
        }

        if (!gotOne)
        {
            throw new StoreFaultException(StoreFaultKind.Throttled, WriteDisposition.NotApplied, "All connections for users' SQL are taken.");
        }
    }
}
