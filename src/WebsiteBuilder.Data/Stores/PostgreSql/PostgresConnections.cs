using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The library's own connections to one endpoint: few and warm, with statements prepared by use. Session state is ours alone, so a connection
/// isn't reset when it goes back, which costs more than a small read. Users' connections are apart, in <see cref="UserConnections"/>.
/// </summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    public PostgresConnections(string endpoint, string connectionString, int maxPoolSize, TimeSpan connectTimeout, int maxSqlPoolSize = 16)
    {
        Users = new UserConnections(endpoint, connectionString, maxSqlPoolSize, connectTimeout);
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "WebsiteBuilder.Data",
            MaxPoolSize = maxPoolSize,
            MinPoolSize = 0,
            NoResetOnClose = true,
            MaxAutoPrepare = 64,
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
        ReplicationString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "WebsiteBuilder.Data history",
            Timeout = settings.Timeout,
            CommandTimeout = settings.Timeout,
        }.ConnectionString;
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = endpoint };
        _source = builder.Build();
    }

    /// <summary>The connections that are handed out.</summary>
    public UserConnections Users { get; }

    /// <summary>For a replication connection, which is opened on first contact or change and closed at once.</summary>
    public string ReplicationString { get; }

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            throw PostgresFaults.Connecting(exception, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Users.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }
}
