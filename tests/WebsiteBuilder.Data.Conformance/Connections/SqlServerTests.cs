using System.Data;
using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>What reaches the server, and what is left behind there.</summary>
[Collection(SqlTier.Collection)]
public class SqlServerTests(SqlTier tier)
{
    [Fact]
    public async Task A_timeout_reaches_the_server_and_leaves_the_connection_usable()
    {
        await using var connection = await SqlTier.Reading(tier.Client.OpenSession()).OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_sleep(600), 'timeout'";
        command.CommandTimeout = 1;

        var late = await Assert.ThrowsAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync());

        Assert.IsType<TimeoutException>(late.InnerException);
        await NobodySleepsAsync("timeout");
        Assert.Equal(ConnectionState.Open, connection.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancellation_reaches_the_server(bool byToken)
    {
        await using var connection = await SqlTier.Writing(tier.Client.OpenSession()).OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_sleep(600), 'cancel'";
        using var giveUp = new CancellationTokenSource();
        var running = command.ExecuteNonQueryAsync(giveUp.Token);
        await Eventually.TrueAsync(async () => await SleepersAsync("cancel") == 1);

        if (byToken)
        {
            await giveUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
        else
        {
            command.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }

        await NobodySleepsAsync("cancel");
        Assert.Equal(1, await SqlTier.ExecuteAsync(connection, $"INSERT INTO notes (id, text) VALUES ({tier.NewId()}, 'goes on')"));
    }

    [Fact]
    public async Task What_a_user_sets_does_not_reach_the_next_one()
    {
        await using var client = await OnePlaceAsync();
        var session = client.OpenSession();
        int first;
        await using (var connection = await SqlTier.Writing(session).OpenConnectionAsync())
        {
            first = await BackendAsync(connection);
            await SqlTier.ExecuteAsync(connection, "SET search_path TO nowhere; SET default_transaction_read_only TO on; CREATE TEMP TABLE mine (id int)");
        }

        await using var next = await SqlTier.Writing(session).OpenConnectionAsync();
        Assert.Equal(first, await BackendAsync(next));
        Assert.Equal(1, await SqlTier.ExecuteAsync(next, $"INSERT INTO notes (id, text) VALUES ({tier.NewId()}, 'clean')"));
        Assert.Equal("\"$user\", public", await ScalarAsync<string>(next, "SHOW search_path"));
        Assert.Null(await ScalarAsync<object>(next, "SELECT to_regclass('pg_temp.mine')::text"));
    }

    [Fact]
    public async Task A_transaction_that_is_left_open_is_rolled_back_and_frees_its_locks()
    {
        var (session, id) = await tier.WithRowAsync();
        await using (var connection = await SqlTier.Writing(session).OpenConnectionAsync())
        {
            var left = await connection.BeginTransactionAsync();
            await SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'left' WHERE id = {id}", left);
        }

        await using var next = await SqlTier.Writing(session).OpenConnectionAsync();
        Assert.Equal(1, await SqlTier.ExecuteAsync(next, $"UPDATE notes SET text = 'free' WHERE id = {id} AND text = 'old'"));
    }

    [Fact]
    public async Task Savepoints_and_levels_work_as_the_drivers_do()
    {
        var (session, id) = await tier.WithRowAsync();
        await using var connection = await SqlTier.Writing(session).OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.Serializable);
        Assert.Equal((IsolationLevel.Serializable, true), (transaction.IsolationLevel, transaction.SupportsSavepoints));
        Assert.Equal("serializable", await ScalarAsync<string>(connection, "SHOW transaction_isolation"));
        Assert.Throws<InvalidOperationException>(() => connection.BeginTransaction());

        await SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'kept' WHERE id = {id}", transaction);
        await transaction.SaveAsync("here");
        await SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'undone' WHERE id = {id}", transaction);
        await transaction.RollbackAsync("here");
        await transaction.ReleaseAsync("here");
        await transaction.CommitAsync();

        Assert.Null(transaction.Connection);
        await Assert.ThrowsAsync<InvalidOperationException>(() => transaction.RollbackAsync());
        Assert.Equal("kept", await SqlTier.TextAsync(connection, id));
    }

    [Fact]
    public async Task The_rest_of_a_connection_is_the_drivers_or_refused()
    {
        var states = new List<(ConnectionState, ConnectionState)>();
        await using var source = SqlTier.Reading(tier.Client.OpenSession());
        await using var connection = source.CreateConnection();
        connection.StateChange += (_, change) => states.Add((change.OriginalState, change.CurrentState));
        Assert.Throws<InvalidOperationException>(() => connection.ServerVersion);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1";
        await Assert.ThrowsAsync<InvalidOperationException>(() => command.ExecuteScalarAsync());

        await connection.OpenAsync();
        await command.PrepareAsync();
        Assert.Equal(1, await command.ExecuteScalarAsync());
        Assert.NotEmpty((await connection.GetSchemaAsync("Tables")).Rows);
        Assert.NotEmpty(connection.Database);
        Assert.Throws<NotSupportedException>(() => connection.ChangeDatabase("other"));
        Assert.Throws<NotSupportedException>(() => connection.ConnectionString = "Host=elsewhere");
        await Assert.ThrowsAsync<InvalidOperationException>(() => connection.OpenAsync());
        await connection.CloseAsync();
        await connection.CloseAsync();
        await using var direct = source.CreateCommand("SELECT 2");

        Assert.Equal(2, await direct.ExecuteScalarAsync());
        Assert.Equal([(ConnectionState.Closed, ConnectionState.Open), (ConnectionState.Open, ConnectionState.Closed)], states);
    }

    [Fact]
    public async Task When_all_places_are_taken_the_next_one_is_told_so_and_repositories_and_health_do_not_notice()
    {
        await using var client = await OnePlaceAsync();
        var session = client.OpenSession();
        await using var taken = await SqlTier.Writing(session).OpenConnectionAsync();

        var throttled = await Assert.ThrowsAsync<ThrottledException>(
            () => SqlTier.Writing(session, new WriteOptions { Timeout = TimeSpan.FromMilliseconds(300) }).OpenConnectionAsync().AsTask());
        await session.Repository<Live.Note, long>().InsertAsync(new Live.Note(tier.NewId(), "not in the way"));
        await taken.CloseAsync();
        await using var free = await SqlTier.Writing(session).OpenConnectionAsync();

        Assert.True(throttled.IsTransient);
        Assert.All(client.Topology.Shards[0].Endpoints, static endpoint => Assert.Equal(EndpointHealth.Healthy, endpoint.Health));
    }

    /// <summary>A client with one place for users' SQL at each node, so that whoever comes next gets the same connection.</summary>
    private Task<DataClient> OnePlaceAsync() => tier.Tier.ClientAsync("us-west-2", static options =>
    {
        foreach (var endpoint in options.Shards[0].Endpoints)
        {
            endpoint.MaxSqlPoolSize = 1;
        }
    });

    private static async Task<int> BackendAsync(RoutedConnection connection) => await ScalarAsync<int>(connection, "SELECT pg_backend_pid()");

    private static async Task<T?> ScalarAsync<T>(RoutedConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        var value = await command.ExecuteScalarAsync();
        return value is null or DBNull ? default : (T)value;
    }

    private async Task<long> SleepersAsync(string mark)
    {
        var sql = $"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600), ''{mark}''%' AND state = 'active'";
        return await Sql.ScalarAsync<long>(tier.Primary.AdminConnectionString(), sql) + await Sql.ScalarAsync<long>(tier.Replica.AdminConnectionString(), sql);
    }

    private Task NobodySleepsAsync(string mark) => Eventually.TrueAsync(async () => await SleepersAsync(mark) == 0, because: "the server has stopped");
}
