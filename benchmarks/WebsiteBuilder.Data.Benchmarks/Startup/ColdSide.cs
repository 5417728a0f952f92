using System.Diagnostics;
using System.Runtime;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Startup;

/// <summary>One side in a process of its own: nothing is compiled, no pool is warm, and nobody is known. Asked over standard input, answers over standard output.</summary>
internal static class ColdSide
{
    private const string Section = "Data";
    private static int _methods;
    private static TimeSpan _compiling;

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var order = JsonSerializer.Deserialize(await Console.In.ReadToEndAsync(cancellationToken), ColdStartJson.Default.ColdStart)!;
        var result = order.IsOurs ? await OursAsync(order, cancellationToken) : await PeerAsync(order, cancellationToken);
        Console.WriteLine(JsonSerializer.Serialize(result, ColdStartJson.Default.ColdResult));
        return ExitCodes.Good;
    }

    /// <summary>In a host that has started, and so has checked the settings: the client is made when it is first asked for.</summary>
    private static async Task<ColdResult> OursAsync(ColdStart order, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(Settings(order));
        builder.Services.AddWebsiteBuilderData(builder.Configuration.GetSection(Section)).AddEntity(Item.Map);
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        var startedAt = Begin();
        var client = host.Services.GetRequiredService<IDataClient>();
        var made = Stopwatch.GetElapsedTime(startedAt);
        var read = await client.OpenSession().Repository<Item, long>().FindAsync(1, cancellationToken: cancellationToken);
        var took = Stopwatch.GetElapsedTime(startedAt);
        var result = read.Found ? Result(made, took, read.Endpoint ?? "") : throw new InvalidOperationException("A row is missing.");
        await ((IAsyncDisposable)host).DisposeAsync();
        return result;
    }

    private static async Task<ColdResult> PeerAsync(ColdStart order, CancellationToken cancellationToken)
    {
        var node = order.Endpoints[0];
        using var host = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings()).Build();
        await host.StartAsync(cancellationToken);
        var startedAt = Begin();
        await using var source = NpgsqlDataSource.Create(node.ConnectionString);
        var made = Stopwatch.GetElapsedTime(startedAt);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Item.Find, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = 1 } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var item = await reader.ReadAsync(cancellationToken)
            ? new Item(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)) { Version = reader.GetInt64(3) }
            : throw new InvalidOperationException("A row is missing.");
        var took = Stopwatch.GetElapsedTime(startedAt);
        GC.KeepAlive(item);
        return Result(made, took, node.Name);
    }

    private static long Begin()
    {
        (_methods, _compiling) = ((int)JitInfo.GetCompiledMethodCount(), JitInfo.GetCompilationTime());
        return Stopwatch.GetTimestamp();
    }

    private static ColdResult Result(TimeSpan made, TimeSpan took, string endpoint) => new(
        made.TotalMilliseconds,
        took.TotalMilliseconds,
        endpoint,
        (int)JitInfo.GetCompiledMethodCount() - _methods,
        (JitInfo.GetCompilationTime() - _compiling).TotalMilliseconds);

    private static IEnumerable<KeyValuePair<string, string?>> Settings(ColdStart order)
    {
        yield return new($"{Section}:LocalRegion", order.Endpoints[0].Region);
        yield return new($"{Section}:Shards:0:Number", "0");
        yield return new($"{Section}:Shards:0:Name", "bench");
        foreach (var (i, endpoint) in order.Endpoints.Index())
        {
            yield return new($"{Section}:Shards:0:Endpoints:{i}:Name", endpoint.Name);
            yield return new($"{Section}:Shards:0:Endpoints:{i}:Region", endpoint.Region);
            yield return new($"{Section}:Shards:0:Endpoints:{i}:ConnectionString", endpoint.ConnectionString);
        }
    }
}
