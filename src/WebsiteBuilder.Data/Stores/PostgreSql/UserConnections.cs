using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The connections to one endpoint that run users' own SQL: a pool of their own, so that they can't take the engine's. Npgsql resets each one
/// before its next user gets it. Many processes never ask for one, so the pool is made when somebody does.
/// </summary>
internal sealed class UserConnections : IAsyncDisposable
{
    private readonly Lazy<NpgsqlDataSource> _source;
    private readonly ConnectionPlaces _places;

    public UserConnections(string endpoint, string connectionString, int maxPoolSize, TimeSpan connectTimeout, ConnectionBudget? region = null, int maxWaiting = int.MaxValue)
    {
        _places = new ConnectionPlaces(maxPoolSize, "for users' SQL", region, Drain, maxWaiting);
        _source = new Lazy<NpgsqlDataSource>(() => Build(endpoint, connectionString, maxPoolSize, connectTimeout));
    }

    /// <summary>Opens a connection; <see cref="Close"/> or <see cref="CloseAsync"/> ends it.</summary>
    public async Task<NpgsqlConnection> OpenAsync(TimeSpan placeWait, CancellationToken cancellationToken)
    {
        await _places.TakeAsync(placeWait, cancellationToken).ConfigureAwait(false);
        try
        {
            return await _source.Value.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _places.Release();
            throw PostgresFaults.Connecting(exception, cancellationToken);
        }
    }

    /// <summary>Opens a connection for a transaction that the library runs around a user's own code.</summary>
    public async Task<PlacedConnection> OpenPlacedAsync(TimeSpan placeWait, CancellationToken cancellationToken) =>
        new(await OpenAsync(placeWait, cancellationToken).ConfigureAwait(false), _places);

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

    /// <summary>Closes what is idle now; what is in use is closed when it comes back.</summary>
    public void Drain()
    {
        if (_source.IsValueCreated)
        {
            _source.Value.Clear();
        }
    }

    /// <summary>A pool that was never asked for is made to be closed: whoever asks for it afterwards is refused.</summary>
    public ValueTask DisposeAsync() => _source.Value.DisposeAsync();

    private static NpgsqlDataSource Build(string endpoint, string connectionString, int maxPoolSize, TimeSpan connectTimeout)
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
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = endpoint + " sql" }.Build();
    }
}
