using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Poolers;

/// <summary>What a pooler in transaction mode does to connections, and how the library keeps clear of it.</summary>
public sealed class PoolerTests
{
    private const int Rounds = 40;
    private const int AtOnce = 16;

    [Fact]
    public async Task A_batch_with_a_transaction_and_what_follows_its_commit_stays_with_one_server_process()
    {
        await using var tier = await PooledAsync();
        await using var source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(tier.Primary.PooledConnectionString())
        {
            NoResetOnClose = true,
            MaxPoolSize = AtOnce,
        }.ConnectionString).Build();

        var batches = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(worker => Task.Run(() => BatchesAsync(source, worker))));

        var processes = batches.SelectMany(static batch => batch).ToArray();
        Assert.All(processes, static batch => Assert.Single(batch.Distinct()));
        Assert.InRange(processes.Select(static batch => batch[0]).Distinct().Count(), 2, 4);
        Assert.Contains(batches, static worker => worker.Select(static batch => batch[0]).Distinct().Count() > 1);
    }

    [Fact]
    public async Task Statements_around_reads_and_behind_commits_are_answered_by_the_process_that_answered_the_rest_and_none_is_prepared()
    {
        await using var tier = await PooledAsync(static settings =>
        {
            settings["log_statement"] = "all";
            settings["log_line_prefix"] = "%p|%a|";
        });
        await using var client = await tier.ClientAsync("us-east-1");
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(worker => Task.Run(async () =>
        {
            var notes = client.OpenSession().Repository<Note, long>();
            for (var i = 0; i < Rounds; i++)
            {
                var id = (worker * Rounds) + i;
                await notes.InsertAsync(new Note(id, "one"));
                Assert.Equal("one", (await notes.FindAsync(id)).Value?.Text);
            }
        })));

        var log = await LibraryStatementsAsync(tier.Primary);
        var perProcess = log.GroupBy(static line => line.Process, static line => line.Sql).ToArray();
        Assert.InRange(perProcess.Length, 2, 4);
        Assert.DoesNotContain(log, static line => line.Prepared);
        var (reads, writes) = (0, 0);
        foreach (var process in perProcess)
        {
            var statements = process.ToArray();
            for (var i = 0; i < statements.Length; i++)
            {
                if (statements[i].Contains("\"notes\"", StringComparison.OrdinalIgnoreCase) && statements[i].StartsWith("SELECT", StringComparison.Ordinal))
                {
                    Assert.StartsWith("SELECT node.in_recovery", statements[i - 1], StringComparison.Ordinal);
                    if (!statements[i].Contains("node.in_recovery", StringComparison.Ordinal))
                    {
                        // Of several rows, where the node stands after them is a question of its own.
                        Assert.StartsWith("SELECT node.in_recovery", statements[i + 1], StringComparison.Ordinal);
                    }

                    reads++;
                }
                else if (statements[i].Contains("INSERT INTO \"notes\"", StringComparison.OrdinalIgnoreCase))
                {
                    Assert.StartsWith("BEGIN", statements[i - 2], StringComparison.Ordinal);
                    Assert.StartsWith("COMMIT", statements[i + 1], StringComparison.Ordinal);
                    Assert.StartsWith("SELECT pg_current_wal_flush_lsn()", statements[i + 2], StringComparison.Ordinal);
                    writes++;
                }
            }
        }

        // Reads share round trips.
        Assert.InRange(reads, Rounds, AtOnce * Rounds);
        Assert.Equal(AtOnce * Rounds, writes);
    }

    [Fact]
    public async Task A_pooler_that_is_not_configured_is_named_with_what_to_set()
    {
        await using var tier = await PooledAsync();
        var log = new ListLogger();
        await using var client = DataClient.Create(Misconfigured(tier, static (endpoint, pooled, _) =>
        {
            endpoint.Pooler = ConnectionPooler.None;
            endpoint.DirectConnectionString = "";
            endpoint.ConnectionString = pooled;
        }), static entities => entities.Add(Note.Map), log);

        await RefusedAsync(client, log, "Pooler to Transaction");
    }

    [Fact]
    public async Task A_direct_way_that_leads_to_a_pooler_is_named()
    {
        await using var tier = await PooledAsync();
        var log = new ListLogger();
        await using var client = DataClient.Create(Misconfigured(tier, static (endpoint, pooled, direct) =>
        {
            endpoint.ConnectionString = direct;
            endpoint.DirectConnectionString = pooled;
        }), static entities => entities.Add(Note.Map), log);

        await RefusedAsync(client, log, "DirectConnectionString that leads to a connection pooler");
    }

    [Fact]
    public async Task Two_ways_that_lead_to_different_servers_are_named()
    {
        await using var tier = await LiveTier.StartAsync(ConnectionPooler.Transaction, "us-east-1", ["us-west-2"]);
        var log = new ListLogger();
        var other = tier.Replica("us-west-2").DirectConnectionString();
        await using var client = DataClient.Create(
            Misconfigured(tier, (endpoint, _, _) => endpoint.DirectConnectionString = other), static entities => entities.Add(Note.Map), log);

        await RefusedAsync(client, log, "lead to different servers");
    }

    [Fact]
    public async Task Statements_of_somebody_elses_connection_explain_themselves()
    {
        await using var tier = await PooledAsync();
        var store = tier.Store(tier.Primary, tier.Primary.PooledConnectionString());

        var faults = new List<Exception>();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                try
                {
                    await store.FindAsync(Note.Map, i, default, default);
                }
                catch (Stores.StoreFaultException fault) when (fault.Kind == Stores.StoreFaultKind.Rejected)
                {
                    lock (faults)
                    {
                        faults.Add(fault.InnerException!);
                    }
                }
                catch (Stores.StoreFaultException)
                {
                }
            }
        })));

        Assert.NotEmpty(faults);
        Assert.All(faults, static fault => Assert.Contains("Pooler to Transaction", fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_started_again_behind_its_pooler_is_found_again()
    {
        await using var tier = await PooledAsync();
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "before"));

        await tier.Primary.KillAsync();
        await tier.Primary.StartAsync();
        await notes.UpsertAsync(new Note(1, "after"), new WriteOptions { Timeout = TimeSpan.FromSeconds(20) });

        Assert.Equal("after", (await notes.FindAsync(1)).Value?.Text);
        await Eventually.TrueAsync(() => client.Topology.Shards[0].Endpoints[0].Health == EndpointHealth.Healthy);
    }

    private static Task<LiveTier> PooledAsync(Action<IDictionary<string, string>>? settings = null) =>
        LiveTier.StartAsync(ConnectionPooler.Transaction, "us-east-1", [], options =>
        {
            options.PoolerSize = 4;
            settings?.Invoke(options.PostgresSettings);
        });

    private static DataOptions Misconfigured(LiveTier tier, Action<EndpointOptions, string, string> change)
    {
        var options = tier.Local.CreateDataOptions(tier.Primary.Region);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        while (options.Shards[0].Endpoints.Count > 1)
        {
            options.Shards[0].Endpoints.RemoveAt(1);
        }

        change(options.Shards[0].Endpoints[0], tier.Primary.PooledConnectionString(), tier.Primary.DirectConnectionString());
        return options;
    }

    /// <summary>The wrong setting shows in the log at once, and in what an operation is refused with.</summary>
    private static async Task RefusedAsync(DataClient client, ListLogger log, string problem)
    {
        await Eventually.TrueAsync(() => log.Lines.Any(line => line.Contains(problem, StringComparison.Ordinal)), because: "the log names what to set");
        var notes = client.OpenSession().Repository<Note, long>();
        var refused = await Assert.ThrowsAsync<NoEligibleRegionException>(
            () => notes.InsertAsync(new Note(1, "refused"), new WriteOptions { Timeout = TimeSpan.FromSeconds(1) }));

        Assert.Contains(refused.Excluded.Keys, key => key.Contains(problem, StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, static line => line.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    private static async Task<List<int[]>> BatchesAsync(NpgsqlDataSource source, int worker)
    {
        var batches = new List<int[]>();
        for (var i = 0; i < Rounds; i++)
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var batch = new NpgsqlBatch(connection);
            foreach (var sql in new[]
            {
                "SELECT pg_backend_pid()", "BEGIN", "SELECT pg_backend_pid() FROM pg_sleep(0.002)",
                $"INSERT INTO notes (id, text) VALUES ({(worker * Rounds) + i}, 'batch')", "COMMIT", "SELECT pg_backend_pid()", "SELECT pg_backend_pid()",
            })
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
            }

            var processes = new List<int>();
            await using var reader = await batch.ExecuteReaderAsync();
            do
            {
                while (await reader.ReadAsync())
                {
                    processes.Add(reader.GetInt32(0));
                }
            }
            while (await reader.NextResultAsync());
            Assert.Equal(4, processes.Count);
            batches.Add([.. processes]);
        }

        return batches;
    }

    /// <summary>What the library's own connections ran, in the order of the server's log.</summary>
    private static async Task<List<(string Process, bool Prepared, string Sql)>> LibraryStatementsAsync(LocalNode node)
    {
        var statements = new List<(string, bool, string)>();
        foreach (var line in await File.ReadAllLinesAsync(node.LogFile))
        {
            if (line.Split('|', 3) is [var process, "WebsiteBuilder.Data", var message] && message.StartsWith("LOG:  execute ", StringComparison.Ordinal))
            {
                var colon = message.IndexOf(": ", "LOG:  ".Length, StringComparison.Ordinal);
                statements.Add((process, !message.StartsWith("LOG:  execute <unnamed>", StringComparison.Ordinal), message[(colon + 2)..]));
            }
        }

        return statements;
    }
}
