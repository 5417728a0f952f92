using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>One of the library's own connections, and the place that it holds. Disposing gives both back.</summary>
internal sealed class PlacedConnection(NpgsqlConnection connection, ConnectionPlaces places) : IAsyncDisposable
{
    public NpgsqlConnection Connection => connection;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            places.Release();
        }
    }
}
