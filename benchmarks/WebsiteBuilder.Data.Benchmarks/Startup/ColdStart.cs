using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Benchmarks.Startup;

/// <summary>What a fresh process is asked to do once.</summary>
/// <param name="IsOurs">Whether by the library, or by the driver alone.</param>
/// <param name="Endpoints">All nodes; the driver reads at the first one.</param>
internal sealed record ColdStart(bool IsOurs, IReadOnlyList<ColdEndpoint> Endpoints);

/// <summary>One node of the shard.</summary>
internal sealed record ColdEndpoint(string Name, string Region, string ConnectionString);

/// <summary>What it took, in milliseconds.</summary>
/// <param name="Client">Until the client, or the data source, was there.</param>
/// <param name="Read">Until the first row was there, the client included.</param>
/// <param name="Endpoint">Who answered.</param>
/// <param name="Methods">How many methods were compiled meanwhile, on all threads.</param>
/// <param name="Compiling">For how long, all threads taken together.</param>
internal sealed record ColdResult(double Client, double Read, string Endpoint, int Methods, double Compiling);

[JsonSerializable(typeof(ColdStart))]
[JsonSerializable(typeof(ColdResult))]
internal sealed partial class ColdStartJson : JsonSerializerContext;
