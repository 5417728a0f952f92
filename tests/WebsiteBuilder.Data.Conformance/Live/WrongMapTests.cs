using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Maps that don't fit the schema say so, without values, and harm nothing.</summary>
public sealed class WrongMapTests
{
    private const string Secret = "s3cret value";

    [Fact]
    public async Task A_map_that_does_not_fit_its_table_is_told_what_is_wrong_and_what_to_do()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "CREATE TABLE things (id bigint, text text, number integer)");
        await using var client = DataClient.Create(tier.Local.CreateDataOptions(tier.Primary.Region), static entities => entities
            .Add(NoTable.Map).Add(NoColumn.Map).Add(NoVersion.Map).Add(WrongType.Map).Add(Things.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var session = client.OpenSession();

        await RefusedAsync(session.Repository<NoTable, long>(), new NoTable(1, Secret), 1, "42P01", "\"no_such_table\"");
        await RefusedAsync(session.Repository<NoColumn, long>(), new NoColumn(1, Secret), 1, "42703", "no_such_column");
        await RefusedAsync(session.Repository<NoVersion, long>(), new NoVersion(1, Secret), 1, "42703", "no_such_version");
        var wrong = session.Repository<WrongType, long>();
        await RefusedAsync(() => wrong.InsertAsync(new WrongType(1, Secret)), "42804", "\"number\" is of type integer");
        await RefusedAsync(() => wrong.QueryPageAsync(Query.All<WrongType>().Where(WrongType.Number, Comparison.Equal, Secret)), "42883", "integer = text");
        await RefusedAsync(() => wrong.InsertManyAsync([new WrongType(1, Secret)]), null, "Correct the map");
        var things = session.Repository<Things, long>();
        await RefusedAsync(() => things.UpsertAsync(new Things(1, "one")), "42P10", "unique constraint");
        await things.InsertAsync(new Things(1, "one"));
        Assert.Equal("one", (await things.FindAsync(1)).Value?.Text);
        var cast = await Assert.ThrowsAsync<InvalidCastException>(() => wrong.FindAsync(1).AsTask());
        Assert.Contains("'number'", cast.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await Sql.ScalarAsync<long>(
            tier.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"));
    }

    [Fact]
    public async Task Values_that_the_driver_can_not_send_are_refused_at_once_and_were_taken_for_lost_answers()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "CREATE TABLE clocks (id bigint PRIMARY KEY, at timestamp)");
        await using var client = DataClient.Create(tier.Local.CreateDataOptions(tier.Primary.Region), static entities => entities.Add(Clock.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var clocks = client.OpenSession().Repository<Clock, long>();
        foreach (var strange in new object[] { new Uri("http://localhost/"), new Version(1, 2) })
        {
            await RefusedAsync(() => clocks.InsertAsync(new Clock(1, strange)), null, "");
            await RefusedAsync(() => clocks.InsertManyAsync([new Clock(1, strange)]), null, "");
        }

        Assert.Equal(1, (await clocks.InsertManyAsync([new Clock(1, new DateTime(2024, 2, 29))])).Rows);
    }

    [Fact]
    public async Task A_value_that_the_driver_can_not_send_harms_no_later_write_and_left_statements_that_were_never_prepared()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "CREATE TABLE clocks (id bigint PRIMARY KEY, at timestamp)");
        for (var good = 0; good < 4; good++)
        {
            // One connection, and the driver prepares on it what it sees for the second time.
            var options = tier.Local.CreateDataOptions(tier.Primary.Region);
            options.Shards[0].Endpoints[0].MaxPoolSize = 1;
            await using var client = DataClient.Create(options, static entities => entities.Add(Clock.Map));
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
            await client.WaitUntilReadyAsync(patience.Token);
            var clocks = client.OpenSession().Repository<Clock, long>();
            for (var i = 0; i < good; i++)
            {
                await clocks.UpsertAsync(new Clock(1, new DateTime(2024, 2, 29)));
            }

            await RefusedAsync(() => clocks.UpsertAsync(new Clock(1, new Uri("http://localhost/"))), null, "");
            await clocks.UpsertAsync(new Clock(1, new DateTime(2024, 2, 29)));
            await RefusedAsync(() => client.OpenSession().RunUnitOfWorkAsync("clocks", Unsendable), null, "");
            await clocks.UpsertAsync(new Clock(1, new DateTime(2024, 2, 29)));
        }

        static Task Unsendable(IUnitOfWork work, CancellationToken cancellationToken)
        {
            work.Repository<Clock, long>().Upsert(new Clock(2, new Version(1, 2)));
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData(typeof(Exception))]
    [InlineData(typeof(IOException))]
    public async Task What_a_map_throws_comes_to_its_caller_and_is_not_taken_for_a_lost_connection(Type type)
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "CREATE TABLE curses (id bigint PRIMARY KEY); INSERT INTO curses VALUES (1)");
        var thrown = (Exception)Activator.CreateInstance(type)!;
        var times = 0;
        await using var client = DataClient.Create(tier.Local.CreateDataOptions(tier.Primary.Region), entities => entities.Add(EntityMap.Create<Curse, long>("curses", static row => row.Id, map =>
        {
            map.Key("id", static row => row.Id, static key => key);
            return _ =>
            {
                times++;
                throw thrown;
            };
        })));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var session = client.OpenSession();

        Assert.Same(thrown, await Record.ExceptionAsync(() => session.Repository<Curse, long>().FindAsync(1).AsTask()));
        Assert.Same(thrown, await Record.ExceptionAsync(() => session.Repository<Curse, long>().FindManyAsync([1]).AsTask()));
        Assert.Same(thrown, await Record.ExceptionAsync(() => session.RunUnitOfWorkAsync("curses", static async (unit, token) => await unit.Repository<Curse, long>().FindAsync(1, cancellationToken: token))));
        Assert.Equal(3, times);
    }

    private static async Task RefusedAsync<TEntity>(IRepository<TEntity, long> repository, TEntity entity, long key, string code, string says)
        where TEntity : class
    {
        foreach (var call in new Func<Task>[]
        {
            () => repository.InsertAsync(entity),
            () => repository.UpdateAsync(entity),
            () => repository.UpsertAsync(entity),
            () => repository.InsertManyAsync([entity]),
            () => repository.FindAsync(key).AsTask(),
            () => repository.FindManyAsync([key, key + 1]).AsTask(),
            () => repository.QueryPageAsync(Query.All<TEntity>()),
        })
        {
            await RefusedAsync(call, code, says);
        }
    }

    private static async Task RefusedAsync(Func<Task> call, string? code, string says)
    {
        var thrown = await Assert.ThrowsAnyAsync<DataTierException>(call);
        var refused = Assert.IsType<StoreFailureException>(thrown is BulkInsertException ? thrown.InnerException : thrown);
        Assert.True(code is null || code == refused.Code, refused.Code + " " + refused.Message);
        Assert.Equal((WriteDisposition.NotApplied, 1), (refused.Disposition, refused.Attempts));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.Message, StringComparison.Ordinal);
    }

    private sealed record NoTable(long Id, string Text)
    {
        public static EntityMap<NoTable, long> Map { get; } = EntityMap.Create<NoTable, long>("no_such_table", static row => row.Id, static map =>
        {
            var id = map.Key("id", static row => row.Id, static key => key);
            var text = map.Column("text", static row => row.Text);
            return row => new NoTable(row.Get(id), row.Get(text));
        });
    }

    private sealed record NoColumn(long Id, string Text)
    {
        public static EntityMap<NoColumn, long> Map { get; } = EntityMap.Create<NoColumn, long>("things", static row => row.Id, static map =>
        {
            var id = map.Key("id", static row => row.Id, static key => key);
            var text = map.Column("no_such_column", static row => row.Text);
            return row => new NoColumn(row.Get(id), row.Get(text));
        });
    }

    private sealed record NoVersion(long Id, string Text)
    {
        public static EntityMap<NoVersion, long> Map { get; } = EntityMap.Create<NoVersion, long>("things", static row => row.Id, static map =>
        {
            var id = map.Key("id", static row => row.Id, static key => key);
            var text = map.Column("text", static row => row.Text);
            map.Version("no_such_version", static _ => 0);
            return row => new NoVersion(row.Get(id), row.Get(text));
        });
    }

    private sealed record WrongType(long Id, string Text)
    {
        public static EntityMap<WrongType, long> Map { get; } = EntityMap.Create<WrongType, long>("things", static row => row.Id, static map =>
        {
            var id = map.Key("id", static row => row.Id, static key => key);
            var number = map.Column("number", static row => row.Text);
            return row => new WrongType(row.Get(id), row.Get(number));
        });

        public static EntityColumn<WrongType, string> Number => (EntityColumn<WrongType, string>)Map.Columns[1];
    }

    private sealed record Things(long Id, string Text)
    {
        public static EntityMap<Things, long> Map { get; } = EntityMap.Create<Things, long>("things", static row => row.Id, static map =>
        {
            var id = map.Key("id", static row => row.Id, static key => key);
            var text = map.Column("text", static row => row.Text);
            map.Column("number", static _ => 1);
            return row => new Things(row.Get(id), row.Get(text));
        });
    }

    private sealed record Curse(long Id);

    private sealed record Clock(long Id, object At)
    {
        public static EntityMap<Clock, long> Map { get; } = EntityMap.Create<Clock, long>("clocks", static row => row.Id, static map =>
        {
            var id = map.Key("id", static row => row.Id, static key => key);
            var at = map.Column("at", static row => row.At);
            return row => new Clock(row.Get(id), row.Get(at));
        });
    }
}
