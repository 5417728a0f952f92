using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Migrations;

/// <summary>Clients that meet another schema than they need.</summary>
public sealed class SchemaDriftTests(SchemaDriftTests.Database database) : IClassFixture<SchemaDriftTests.Database>
{
    [Fact]
    public async Task What_the_library_ships_fits_and_so_do_tables_that_are_richer_than_their_maps()
    {
        await database.RunAsync(
            """
            CREATE DOMAIN some_text AS text DEFAULT '' NOT NULL;
            CREATE TABLE rich (
                id bigint NOT NULL, name some_text, version bigint NOT NULL DEFAULT 1, noted_at timestamptz NOT NULL DEFAULT now(), more some_text,
                number bigint NOT NULL GENERATED ALWAYS AS IDENTITY, twice bigint NOT NULL GENERATED ALWAYS AS (id * 2) STORED, gone text NOT NULL);
            ALTER TABLE rich DROP COLUMN gone;
            CREATE UNIQUE INDEX ON rich (id) INCLUDE (name);
            CREATE VIEW seen AS SELECT id, name, version FROM rich;
            CREATE SCHEMA apart;
            CREATE TABLE apart.parted (id bigint, name text, version bigint, PRIMARY KEY (id)) PARTITION BY HASH (id)
            """);

        Assert.Empty(await DataClient.FindSchemaDriftAsync(database.Options(), static entities => entities.Add(UserMap.Map, UserMap.Policy).Add(Note.Map)));
        Assert.Empty(await FindAsync("rich"));
        Assert.Empty(await FindAsync("seen"));
        Assert.Empty(await FindAsync("apart.parted"));
        Assert.Equal(SchemaFindingKind.TableMissing, Assert.Single(await FindAsync("parted")).Kind);
        Assert.Equal(SchemaFindingKind.TableMissing, Assert.Single(await FindAsync("wbd.rich")).Kind);
    }

    [Theory]
    [InlineData("missing", "SELECT 1", SchemaFindingKind.TableMissing, null)]
    [InlineData("nameless", "CREATE TABLE nameless (id bigint PRIMARY KEY, version bigint)", SchemaFindingKind.ColumnMissing, "name")]
    [InlineData("owned", "CREATE TABLE owned (id bigint PRIMARY KEY, name text, version bigint, owner text NOT NULL)", SchemaFindingKind.ColumnNotFilled, "owner")]
    [InlineData("keyless", "CREATE TABLE keyless (id bigint, name text, version bigint)", SchemaFindingKind.KeyNotUnique, "id")]
    [InlineData("wide", "CREATE TABLE wide (id bigint, name text, version bigint, PRIMARY KEY (id, name))", SchemaFindingKind.KeyNotUnique, "id")]
    [InlineData("late", "CREATE TABLE late (id bigint UNIQUE DEFERRABLE, name text, version bigint)", SchemaFindingKind.KeyNotUnique, "id")]
    [InlineData("part", "CREATE TABLE part (id bigint, name text, version bigint); CREATE UNIQUE INDEX ON part (id) WHERE id > 0", SchemaFindingKind.KeyNotUnique, "id")]
    [InlineData("bent", "CREATE TABLE bent (id bigint, name text, version bigint); CREATE UNIQUE INDEX ON bent (abs(id))", SchemaFindingKind.KeyNotUnique, "id")]
    [InlineData("narrow", "CREATE TABLE narrow (id bigint PRIMARY KEY, name text, version int)", SchemaFindingKind.TypeMismatch, "version")]
    [InlineData("typed", "CREATE DOMAIN id_card AS uuid; CREATE TABLE typed (id bigint PRIMARY KEY, name id_card, version bigint)", SchemaFindingKind.TypeMismatch, "name")]
    public async Task A_table_that_differs_is_told_with_its_column(string table, string sql, SchemaFindingKind kind, string? column)
    {
        await database.RunAsync(sql);

        var finding = Assert.Single(await FindAsync(table));

        Assert.Equal(("shard", kind, table, column), (finding.Shard, finding.Kind, finding.Table, finding.Column));
        Assert.Contains(column ?? table, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrations_are_compared_and_newer_ones_are_only_mentioned()
    {
        await database.RunAsync("CREATE TABLE kept AS SELECT * FROM wbd.migration");
        try
        {
            await database.RunAsync("UPDATE wbd.migration SET checksum = 'other' WHERE version = 1; DELETE FROM wbd.migration WHERE version = 2");
            Assert.Equal(
                ["the migration 0001_wbd was applied in another form", "the migration 0002_users is missing"],
                (await DataClient.FindSchemaDriftAsync(database.Options())).Select(static finding => finding.Message));

            await database.RunAsync("REVOKE SELECT ON wbd.migration FROM CURRENT_USER");
            Assert.Equal(SchemaFindingKind.MigrationsUnreadable, Assert.Single(await DataClient.FindSchemaDriftAsync(database.Options())).Kind);
        }
        finally
        {
            await database.RunAsync("GRANT SELECT ON wbd.migration TO CURRENT_USER; DELETE FROM wbd.migration; INSERT INTO wbd.migration SELECT * FROM kept");
        }

        await database.RunAsync("INSERT INTO wbd.migration (version, name, checksum) VALUES (9998, '9998_later', '')");
        var log = new EventLog();
        await using (var client = await ClientAsync("notes", SchemaDriftResponse.Refuse, log))
        {
            Assert.False((await client.OpenSession().Repository<Pet, long>().FindAsync(1)).Found);
        }

        await database.RunAsync("DELETE FROM wbd.migration WHERE version = 9998");
        var (number, level, line) = Assert.Single(log.Lines);
        Assert.Equal((12, LogLevel.Information), (number, level));
        Assert.Contains("(9998)", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_warned_hears_all_of_it_once_and_goes_on_and_who_ignores_it_hears_nothing()
    {
        await database.RunAsync("CREATE TABLE warned (id bigint, name text, owner text NOT NULL DEFAULT '', lost text NOT NULL)");
        var (ignored, warned) = (new EventLog(), new EventLog());
        await using var ignoring = await ClientAsync("warned", SchemaDriftResponse.Ignore, ignored);
        await using var warning = await ClientAsync("warned", SchemaDriftResponse.Unspecified, warned);
        await Eventually.TrueAsync(() => !warned.Lines.IsEmpty, because: "the schema was looked at");
        foreach (var client in Enumerable.Repeat(new[] { ignoring, warning }, 50).SelectMany(static clients => clients))
        {
            var refused = await Assert.ThrowsAsync<StoreFailureException>(() => client.OpenSession().Repository<Pet, long>().FindAsync(1).AsTask());
            Assert.Equal("42703", refused.Code);
        }

        var (number, level, line) = Assert.Single(warned.Lines);
        Assert.Equal((11, LogLevel.Warning), (number, level));
        Assert.Contains("warned.version is missing; the column warned.lost takes no null", line, StringComparison.Ordinal);
        Assert.Contains("exactly (id)", line, StringComparison.Ordinal);
        Assert.DoesNotContain("owner", line, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", line, StringComparison.Ordinal);
        Assert.Empty(ignored.Lines);
    }

    [Fact]
    public async Task Who_refuses_answers_nothing_until_the_schema_is_mended_and_then_by_itself()
    {
        await database.RunAsync("CREATE TABLE refused (id bigint PRIMARY KEY, version bigint NOT NULL)");
        var log = new EventLog();
        await using var client = await ClientAsync("refused", SchemaDriftResponse.Refuse, log);
        var session = client.OpenSession();
        var pets = session.Repository<Pet, long>();
        foreach (var call in new Func<Task>[]
        {
            () => pets.FindAsync(1, new ReadOptions { Consistency = ConsistencyLevel.Eventual }).AsTask(),
            () => pets.InsertAsync(new Pet(1, "Rex")),
            () => session.RunUnitOfWorkAsync("refused", static (_, _) => Task.CompletedTask),
            () => session.CreateDataSource("refused", OperationIntent.Read).OpenConnectionAsync().AsTask(),
            () => session.CreateDataSource("refused", OperationIntent.Write).OpenConnectionAsync().AsTask(),
        })
        {
            var refused = await Assert.ThrowsAsync<StoreFailureException>(call);
            Assert.Equal((false, WriteDisposition.NotApplied, 0), (refused.IsTransient, refused.Disposition, refused.Attempts));
            Assert.Contains("the column refused.name is missing. Run DataClient.MigrateAsync", refused.Message, StringComparison.Ordinal);
            Assert.NotNull(refused.Operation);
        }

        await database.RunAsync("ALTER TABLE refused ADD COLUMN name text");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await pets.InsertAsync(new Pet(1, "Rex"));
                    return true;
                }
                catch (StoreFailureException)
                {
                    return false;
                }
            },
            because: "the client looks again");

        Assert.Equal("Rex", (await pets.FindAsync(1)).Value?.Name);
        Assert.Equal([11, 14], log.Lines.Select(static line => line.Number));
    }

    [Fact]
    public async Task A_map_that_no_shard_holds_is_a_mistake_of_the_settings()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => DataClient.FindSchemaDriftAsync(database.Options(), static entities => entities.Add(Pet.MapOf("notes", "elsewhere"))));

        Assert.Contains("'notes'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_pooler_the_schema_is_read_too()
    {
        await using var tier = await LiveTier.StartAsync(ConnectionPooler.Transaction, "us-east-1", []);
        await using var client = await tier.ClientAsync("us-east-1", static options => options.SchemaDrift = SchemaDriftResponse.Refuse);

        await client.OpenSession().Repository<Note, long>().InsertAsync(new Note(1, "one"));
    }

    private Task<IReadOnlyList<SchemaFinding>> FindAsync(string table) =>
        DataClient.FindSchemaDriftAsync(database.Options(), entities => entities.Add(Pet.MapOf(table)));

    private async Task<DataClient> ClientAsync(string table, SchemaDriftResponse response, EventLog log)
    {
        var options = database.Options();
        options.SchemaDrift = response;
        var map = table == "notes" ? Pet.MapOf(table, name: "text") : Pet.MapOf(table);
        var client = DataClient.Create(options, entities => entities.Add(map), log);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        return client;
    }

    /// <summary>One server for all of these tests, which have tables of their own.</summary>
    public sealed class Database : IAsyncLifetime
    {
        private LiveTier _tier = null!;

        public async Task InitializeAsync() => _tier = await LiveTier.StartAsync("us-east-1");

        public Task DisposeAsync() => _tier.DisposeAsync().AsTask();

        public Task RunAsync(string sql) => Sql.ExecuteAsync(_tier.Primary.DirectConnectionString(), sql);

        public DataOptions Options()
        {
            var options = _tier.Local.CreateDataOptions(_tier.Primary.Region);
            options.Health.RecheckInterval = TimeSpan.FromMilliseconds(50);
            options.Health.ProbeInterval = TimeSpan.FromMilliseconds(100);
            return options;
        }
    }

    private sealed record Pet(long Id, string Name)
    {
        public static EntityMap<Pet, long> MapOf(string table, string? shard = null, string name = "name") => EntityMap.Create<Pet, long>(table, static pet => pet.Id, map =>
        {
            var id = map.Key("id", static pet => pet.Id, static key => key);
            var text = map.Column(name, static pet => pet.Name);
            map.Version("version", static _ => 0);
            if (shard is not null)
            {
                map.StoredIn(shard);
            }

            return row => new Pet(row.Get(id), row.Get(text));
        });
    }

    /// <summary>Keeps what is said of schemas.</summary>
    private sealed class EventLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<(int Number, LogLevel Level, string Line)> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id is >= 11 and <= 14)
            {
                Lines.Enqueue((eventId.Id, logLevel, formatter(state, exception)));
            }
        }

        public void Dispose()
        {
        }
    }
}
