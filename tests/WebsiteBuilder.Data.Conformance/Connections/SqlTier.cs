using System.Data.Common;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>One primary far away and a replica next to the client, shared by all tests that put back what they change.</summary>
public class SqlTier : IAsyncLifetime
{
    /// <summary>The name for <see cref="CollectionAttribute"/>.</summary>
    public const string Collection = "sql tier";

    private LiveTier? _tier;
    private long _id = 1_000;

    internal LiveTier Tier => _tier!;

    protected virtual ConnectionPooler Pooler => ConnectionPooler.None;

    public DataClient Client { get; private set; } = null!;

    public LocalNode Primary => Tier.Primary;

    public LocalNode Replica => Tier.Replica("us-west-2");

    /// <summary>A data set whose rows nobody else writes.</summary>
    public long NewId() => Interlocked.Increment(ref _id);

    public static RoutedDataSource Reading(IDataSession session, ReadOptions? options = null) =>
        (RoutedDataSource)session.CreateDataSource("notes", OperationIntent.Read, options);

    public static RoutedDataSource Writing(IDataSession session, WriteOptions? options = null) =>
        (RoutedDataSource)session.CreateDataSource("notes", OperationIntent.Write, writeOptions: options);

    /// <summary>A session whose reads the replica may answer, and a row that the replica has.</summary>
    public async Task<(IDataSession Session, long Id)> WithRowAsync(string text = "old")
    {
        var session = Client.OpenSession();
        var id = NewId();
        await session.Repository<Note, long>().InsertAsync(new Note(id, text));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(Primary.DirectConnectionString(), Replica.DirectConnectionString()));
        await Eventually.TrueAsync(async () => await session.Repository<Note, long>().FindAsync(id) is { Source: AnswerSource.Replica });
        return (session, id);
    }

    /// <summary>What a new connection shows.</summary>
    public static async Task<string?> TextAsync(DbDataSource source, long id)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await TextAsync(connection, id);
    }

    public static async Task<string?> TextAsync(DbConnection connection, long id)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT text FROM notes WHERE id = @id";
        Add(command, "id", id);
        return (string?)await command.ExecuteScalarAsync();
    }

    public static async Task<int> ExecuteAsync(DbConnection connection, string sql, DbTransaction? transaction = null)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        return await command.ExecuteNonQueryAsync();
    }

    public static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    public async Task InitializeAsync()
    {
        _tier = await LiveTier.StartAsync(Pooler, "us-east-1", ["us-west-2"]);
        Client = await _tier.ClientAsync("us-west-2");
    }

    public async Task DisposeAsync()
    {
        if (_tier is not null)
        {
            await _tier.DisposeAsync();
        }
    }
}

/// <summary>Binds the name to the fixture.</summary>
[CollectionDefinition(SqlTier.Collection)]
public sealed class SqlTierDefinition : ICollectionFixture<SqlTier>;
