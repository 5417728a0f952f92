using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The library's own connections to one endpoint: few and warm, kept open between uses, with statements prepared by use. Session state is ours alone, so a connection
/// isn't reset when it goes back, which costs more than a small read. Behind a pooler in transaction mode nothing is prepared, and each round trip
/// is one batch with one Sync, so that all of it is answered by one server process. Users' connections are apart, in <see cref="UserConnections"/>.
/// </summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(1);

    /// <summary>Shorter than what proxies and load balancers forget idle connections after: from a minute to an hour.</summary>
    private static readonly TimeSpan Doubtful = TimeSpan.FromSeconds(30);

    private readonly NpgsqlDataSource _source;
    private readonly ConnectionPlaces _places;
    private readonly IdleConnections _idle;
    private readonly TimeSpan _wait;
    private readonly string _pingString;
    private readonly bool _keepsOpen;
    private readonly int _connectSeconds;

    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="connectionString">To the server, or to its pooler.</param>
    /// <param name="maxPoolSize">The most of the library's own.</param>
    /// <param name="connectTimeout">For making one.</param>
    /// <param name="maxSqlPoolSize">The most of users'.</param>
    /// <param name="directConnectionString">To the server itself, if the other one leads to a pooler that shares server connections.</param>
    /// <param name="wait">How long to wait for one of the library's own while all are taken.</param>
    /// <param name="region">The ceiling over all pools of the region, if there is one.</param>
    /// <param name="time">What idle times are measured by; the system's clock if none is given.</param>
    /// <param name="maxWaiting">How many may wait for one of the library's own.</param>
    public PostgresConnections(
        string endpoint, string connectionString, int maxPoolSize, TimeSpan connectTimeout, int maxSqlPoolSize = 16, string? directConnectionString = null, TimeSpan? wait = null,
        ConnectionBudget? region = null, TimeProvider? time = null, int maxWaiting = int.MaxValue)
    {
        _places = new ConnectionPlaces(maxPoolSize, "of the library's own", region, CloseIdle, maxWaiting);
        _wait = wait ?? DefaultWait;
        IsPooled = directConnectionString is not null;
        var direct = directConnectionString ?? connectionString;
        Users = new UserConnections(endpoint, direct, maxSqlPoolSize, connectTimeout, region, maxWaiting);
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "WebsiteBuilder.Data",
            MaxPoolSize = maxPoolSize,
            MinPoolSize = 0,
            NoResetOnClose = true,

            // A prepared statement stays with the server's connection, which the pooler gives to somebody else.
            MaxAutoPrepare = IsPooled ? 0 : 64,
            AutoPrepareMinUsages = 2,
            Enlist = false,
            IncludeFailedBatchedCommand = true,
            IncludeErrorDetail = false,
            LogParameters = false,
            Timeout = Math.Max(1, (int)Math.Ceiling(connectTimeout.TotalSeconds)),

            // The engine limits time. A cancelled command still asks the server to stop, over a connection of its own, but doesn't wait for
            // the command's end after that.
            CommandTimeout = 0,
            CancellationTimeout = -1,
        };
        _keepsOpen = settings.Pooling;
        _connectSeconds = settings.Timeout;
        _idle = new IdleConnections(time ?? TimeProvider.System, TimeSpan.FromSeconds(settings.ConnectionIdleLifetime), TimeSpan.FromSeconds(settings.ConnectionLifetime));

        // The driver doesn't say how long one of its own was idle: none is for long.
        settings.ConnectionIdleLifetime = Math.Min(settings.ConnectionIdleLifetime, (int)Doubtful.TotalSeconds);
        settings.ConnectionPruningInterval = Math.Min(settings.ConnectionPruningInterval, Math.Max(1, settings.ConnectionIdleLifetime));
        ReplicationString = new NpgsqlConnectionStringBuilder(direct)
        {
            ApplicationName = "WebsiteBuilder.Data history",
            Timeout = settings.Timeout,
            CommandTimeout = settings.Timeout,
        }.ConnectionString;
        CheckString = new NpgsqlConnectionStringBuilder(ReplicationString) { ApplicationName = "WebsiteBuilder.Data check", Pooling = false, Enlist = false }.ConnectionString;
        _pingString = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { ApplicationName = "WebsiteBuilder.Data ping", Pooling = false }.ConnectionString;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = endpoint };
        _source = builder.Build();
    }

    /// <summary>Whether server connections are shared with others between transactions, by a pooler.</summary>
    public bool IsPooled { get; }

    /// <summary>For a connection straight to the server, which is closed at once.</summary>
    public string CheckString { get; }

    /// <summary>The connections that are handed out.</summary>
    public UserConnections Users { get; }

    /// <summary>For a replication connection, which is opened on first contact or change and closed at once.</summary>
    public string ReplicationString { get; }

    public async ValueTask<PlacedConnection> OpenAsync(CancellationToken cancellationToken, TimeSpan? wait = null)
    {
        await _places.TakeAsync(wait ?? _wait, cancellationToken).ConfigureAwait(false);
        try
        {
            if (_idle.Take() is { } idle)
            {
                return idle;
            }

            var (generation, now) = (_idle.Generation, _idle.Now);
            var connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            return new PlacedConnection(connection, _places, _keepsOpen ? _idle : null, CloseIdle, generation, now);
        }
        catch (Exception exception)
        {
            _places.Release();
            throw PostgresFaults.Connecting(exception, cancellationToken);
        }
    }

    /// <summary>
    /// Opens one for what can't be sent twice. One that nobody used for long is asked first whether it is still there: whoever stands between may have forgotten it, and a write that
    /// is lost with it would be in doubt.
    /// </summary>
    public async ValueTask<PlacedConnection> OpenSureAsync(CancellationToken cancellationToken)
    {
        var place = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (place.IdleFor < Doubtful)
        {
            return place;
        }

        try
        {
            await PostgresReads.GreetAsync(place.Connection, _connectSeconds, cancellationToken).ConfigureAwait(false);
            return place;
        }
        catch (Exception exception)
        {
            var fault = place.Failed(PostgresFaults.Reading(exception, cancellationToken));
            await place.DisposeAsync().ConfigureAwait(false);
            if (fault.Kind != StoreFaultKind.Interrupted)
            {
                throw fault;
            }

            return await OpenAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks something that may be asked twice: once more, on a connection that is made anew, if one that was kept turns out to be lost.</summary>
    public async Task<TAnswer> AskAsync<TState, TAnswer>(
        Func<PlacedConnection, TState, CancellationToken, Task<TAnswer>> ask, TState state, CancellationToken cancellationToken, TimeSpan? wait = null)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var place = await OpenAsync(cancellationToken, wait).ConfigureAwait(false);
            await using (place.ConfigureAwait(false))
            {
                try
                {
                    var answer = await ask(place, state, cancellationToken).ConfigureAwait(false);
                    place.IsClean = true;
                    return answer;
                }
                catch (Exception exception) when (exception is not StoreFaultException)
                {
                    var fault = place.Failed(PostgresFaults.Reading(exception, cancellationToken));
                    if (isSecond || !place.IsOldNews(fault))
                    {
                        throw fault;
                    }
                }
            }
        }
    }

    /// <summary>Makes a connection beyond all places and closes it again: where those who have them all wait for the node in vain, nobody would ever know.</summary>
    /// <exception cref="StoreFaultException">The node lets nobody in.</exception>
    public async Task GreetAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = new NpgsqlConnection(_pingString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            throw PostgresFaults.Connecting(exception, cancellationToken);
        }
    }

    /// <summary>Opens a connection that is held for as long as a user's own code runs, and so is one of those for users.</summary>
    public Task<PlacedConnection> OpenHeldAsync(CancellationToken cancellationToken) => Users.OpenPlacedAsync(_wait, cancellationToken);

    /// <summary>Closes what is idle now; what is in use is closed when it comes back.</summary>
    public void Drain()
    {
        CloseIdle();
        Users.Drain();
    }

    public async ValueTask DisposeAsync()
    {
        _idle.CloseAll(forGood: true);
        await Users.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>First ours, then the driver's, to which ours go.</summary>
    private void CloseIdle()
    {
        _idle.CloseAll();
        _source.Clear();
    }
}
