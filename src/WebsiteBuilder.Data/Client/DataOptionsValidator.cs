using Microsoft.Extensions.Options;
using Npgsql;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Client;

/// <summary>Checks all settings and names every problem at once. Never quotes a connection string.</summary>
internal sealed class DataOptionsValidator : IValidateOptions<DataOptions>
{
    private const int MaxShards = 1_024;
    private const int MaxDirectoryKeys = 8;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, DataOptions options)
    {
        var problems = new List<string>();
        Region(options.LocalRegion, "LocalRegion", problems);
        Range((int)options.DefaultConsistency, (int)ConsistencyLevel.Eventual, (int)ConsistencyLevel.Strong, "DefaultConsistency", problems);
        Range((int)options.DefaultDurability, (int)WriteDurability.Off, (int)WriteDurability.RemoteApply, "DefaultDurability", problems);
        Range(options.DefaultMaxStaleness, TimeSpan.Zero, Intents.MaxMaxStaleness, "DefaultMaxStaleness", problems);
        Range(options.DefaultTimeout, TimeSpan.FromTicks(1), Intents.MaxTimeout, "DefaultTimeout", problems);
        Range((int)options.SchemaDrift, (int)SchemaDriftResponse.Unspecified, (int)SchemaDriftResponse.Refuse, "SchemaDrift", problems);
        Range(options.Routing.LatencyWindow, TimeSpan.Zero, TimeSpan.FromSeconds(1), "Routing:LatencyWindow", problems);
        Range(options.Routing.AttemptTimeout, TimeSpan.FromMilliseconds(10), Hour, "Routing:AttemptTimeout", problems);
        Range(options.Routing.RetryShare, 0.0, 1.0, "Routing:RetryShare", problems);
        Range(options.Routing.HedgeShare, 0.0, 1.0, "Routing:HedgeShare", problems);
        Range(options.Routing.HedgeMinDelay, TimeSpan.FromMilliseconds(1), Hour, "Routing:HedgeMinDelay", problems);
        Range(options.Routing.MaxWaitingWrites, 0, 1_000_000, "Routing:MaxWaitingWrites", problems);
        Health(options.Health, problems);
        Range(options.Pools.WaitTimeout, TimeSpan.FromMilliseconds(1), Hour, "Pools:WaitTimeout", problems);
        Range(options.Pools.MaxWaiting, 0, 1_000_000, "Pools:MaxWaiting", problems);
        Range(options.Pools.HeldConnectionWarning, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1), "Pools:HeldConnectionWarning", problems);
        SessionTokens(options.SessionTokens, problems);
        Directory(options, problems);
        Range(options.Shards.Count, 1, MaxShards, "The number of Shards", problems);
        for (var i = 0; i < options.Shards.Count; i++)
        {
            Shard(options.Shards[i], $"Shards:{i}", problems);
        }

        if (options.Pools.MaxConnectionsPerRegion is { } most)
        {
            Regions(options, most, problems);
        }

        Unique(options.Shards.Select(static shard => shard.Name), "Two shards are named", problems);
        Unique(options.Shards.Where(static shard => shard.Number is not null).Select(static shard => $"{shard.Number}"), "Two shards have the number", problems);
        Unique(options.Shards.SelectMany(static shard => shard.Territories), "Two shards claim the territory", problems);
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void Health(HealthOptions health, List<string> problems)
    {
        var least = TimeSpan.FromMilliseconds(50);
        Range(health.ProbeInterval, least, Hour, "Health:ProbeInterval", problems);
        Range(health.RecheckInterval, least, Hour, "Health:RecheckInterval", problems);
        Range(health.ProbeTimeout, least, Hour, "Health:ProbeTimeout", problems);
        Range(health.FailuresToLeave, 1, 100, "Health:FailuresToLeave", problems);
        Range(health.SuccessesToReturn, 1, 100, "Health:SuccessesToReturn", problems);
        Range(health.PositionSampleInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), "Health:PositionSampleInterval", problems);
        Range(health.SilenceTimeout, least, Hour, "Health:SilenceTimeout", problems);
        Range(health.ReturnDelay, TimeSpan.Zero, Hour, "Health:ReturnDelay", problems);
        Range(health.LongestHold, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), "Health:LongestHold", problems);
        Range(health.SlowFactor, 1.5, 1_000, "Health:SlowFactor", problems);
        Range(health.PatroniInterval, TimeSpan.FromMilliseconds(100), Hour, "Health:PatroniInterval", problems);
        if (health.ReturnDelay > health.LongestHold)
        {
            problems.Add("Health:ReturnDelay must not be longer than Health:LongestHold.");
        }

        if (health.RecheckInterval > health.ProbeInterval)
        {
            problems.Add("Health:RecheckInterval must not be longer than Health:ProbeInterval.");
        }
    }

    /// <summary>Users keep connections for as long as they like: whatever they hold, each endpoint must be left one to be watched by.</summary>
    private static void Regions(DataOptions options, int most, List<string> problems)
    {
        Range(most, 1, 100_000, "Pools:MaxConnectionsPerRegion", problems);
        foreach (var region in options.Shards.SelectMany(static shard => shard.Endpoints).GroupBy(static endpoint => endpoint.Region, StringComparer.OrdinalIgnoreCase))
        {
            var held = region.Sum(static endpoint => endpoint.MaxSqlPoolSize);
            if (most < held + region.Count())
            {
                problems.Add(
                    $"Pools:MaxConnectionsPerRegion is {most}, but in {region.Key} data sources may hold {held} connections (the sum of MaxSqlPoolSize), and {region.Count()} endpoints need one more each: raise it to {held + region.Count()}, or lower MaxSqlPoolSize.");
            }
        }
    }

    private static void SessionTokens(SessionTokenOptions tokens, List<string> problems)
    {
        foreach (var (id, secret) in tokens.Keys)
        {
            Range(id, 1, byte.MaxValue, "The number of a key in SessionTokens:Keys", problems);
            if (TokenSecret.Read(secret) is null)
            {
                problems.Add($"SessionTokens:Keys:{id} must be base64 of {TokenSecret.MinLength} random bytes at least.");
            }
        }

        if (tokens.CurrentKeyId is { } current && !tokens.Keys.ContainsKey(current))
        {
            problems.Add($"SessionTokens:CurrentKeyId is {current}, and SessionTokens:Keys has no such key.");
        }

        if (tokens.RequireSignature && tokens.CurrentKeyId is null)
        {
            problems.Add("SessionTokens:RequireSignature needs SessionTokens:CurrentKeyId: otherwise this client's own tokens would be refused.");
        }
    }

    private static void Directory(DataOptions options, List<string> problems)
    {
        var directory = options.Directory;
        Range(directory.ReservationTime, TimeSpan.FromMilliseconds(100), Hour, "Directory:ReservationTime", problems);
        foreach (var (id, secret) in directory.Keys)
        {
            Range(id, 1, byte.MaxValue, "The number of a key in Directory:Keys", problems);
            if (TokenSecret.Read(secret) is null)
            {
                problems.Add($"Directory:Keys:{id} must be base64 of {TokenSecret.MinLength} random bytes at least.");
            }
            else if (options.SessionTokens.Keys.Values.Contains(secret, StringComparer.Ordinal))
            {
                problems.Add($"Directory:Keys:{id} is a key of SessionTokens, too; give each use a secret of its own.");
            }
        }

        if (string.IsNullOrEmpty(directory.Shard))
        {
            Range(directory.Keys.Count, 0, 0, "Directory:Shard is missing, so the number of Directory:Keys", problems);
            return;
        }

        Range(directory.Keys.Count, 1, MaxDirectoryKeys, "The number of Directory:Keys", problems);
        if (!options.Shards.Any(shard => shard.Name == directory.Shard))
        {
            problems.Add("Directory:Shard names no configured shard.");
        }
    }

    private static void Shard(ShardOptions shard, string path, List<string> problems)
    {
        Required(shard.Name, path + ":Name", problems);
        if (shard.Number is { } number)
        {
            Range(number, 0, ShardId.MaxNumber, path + ":Number", problems);
        }
        else
        {
            problems.Add($"{path}:Number is missing; give each shard a number of its own that never changes.");
        }

        foreach (var territory in shard.Territories)
        {
            if (!Territory.TryParse(territory, null, out _))
            {
                problems.Add($"{path}:Territories holds something that isn't a territory name: 1 to 32 characters of a-z, 0-9 and '-', starting with a letter.");
            }
        }

        Range(shard.Endpoints.Count, 1, ShardDefinition.MaxEndpoints, $"The number of {path}:Endpoints", problems);
        for (var i = 0; i < shard.Endpoints.Count; i++)
        {
            Endpoint(shard.Endpoints[i], $"{path}:Endpoints:{i}", problems);
        }

        Unique(shard.Endpoints.Select(static endpoint => endpoint.Name), $"In {path}, two endpoints are named", problems);
    }

    private static void Endpoint(EndpointOptions endpoint, string path, List<string> problems)
    {
        Required(endpoint.Name, path + ":Name", problems);
        Region(endpoint.Region, path + ":Region", problems);
        Range(endpoint.MaxPoolSize, 1, 1_000, path + ":MaxPoolSize", problems);
        Range(endpoint.MaxSqlPoolSize, 1, 1_000, path + ":MaxSqlPoolSize", problems);
        Range(endpoint.Weight, 0, EndpointDefinition.MaxWeight, path + ":Weight", problems);
        Range(endpoint.Labels.Count, 0, LabelPreference.Max, $"The number of {path}:Labels", problems);
        ConnectionString(endpoint.ConnectionString, path + ":ConnectionString", problems);
        Pooler(endpoint, path, problems);
        Patroni(endpoint.PatroniUrl, path + ":PatroniUrl", problems);
    }

    private static void Patroni(Uri? url, string path, List<string> problems)
    {
        if (url is null)
        {
            return;
        }

        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || string.IsNullOrEmpty(url.Host))
        {
            problems.Add($"{path} isn't an absolute http or https address.");
        }
        else if (!string.IsNullOrEmpty(url.UserInfo) || url.PathAndQuery != "/" || !string.IsNullOrEmpty(url.Fragment))
        {
            problems.Add($"{path} has a user, a path, a query or a fragment; it is scheme, host and port only.");
        }
    }

    private static void Pooler(EndpointOptions endpoint, string path, List<string> problems)
    {
        if (!Enum.IsDefined(endpoint.Pooler))
        {
            problems.Add($"{path}:Pooler is {(int)endpoint.Pooler}, which is no pooler.");
        }
        else if (endpoint.Pooler == ConnectionPooler.None)
        {
            if (!string.IsNullOrWhiteSpace(endpoint.DirectConnectionString))
            {
                problems.Add($"{path}:DirectConnectionString is set, and {path}:Pooler isn't: set Pooler if ConnectionString leads to one, or leave DirectConnectionString out.");
            }
        }
        else if (string.IsNullOrWhiteSpace(endpoint.DirectConnectionString))
        {
            problems.Add($"{path}:DirectConnectionString is missing: behind a pooler, histories, data sources and migrations need connections straight to the server.");
        }
        else if (ConnectionString(endpoint.DirectConnectionString, path + ":DirectConnectionString", problems) is { } direct
            && ConnectionString(endpoint.ConnectionString, path + ":ConnectionString", []) is { } pooled)
        {
            Pooled(pooled, direct, path, problems);
        }
    }

    private static void Pooled(NpgsqlConnectionStringBuilder pooled, NpgsqlConnectionStringBuilder direct, string path, List<string> problems)
    {
        if (!string.IsNullOrEmpty(pooled.Options) || !string.IsNullOrEmpty(pooled.SearchPath))
        {
            problems.Add($"{path}:ConnectionString has Options or Search Path, which poolers refuse or drop: set them for the role or the database instead, by ALTER ROLE or ALTER DATABASE.");
        }

        if (string.Equals(pooled.Host, direct.Host, StringComparison.OrdinalIgnoreCase) && pooled.Port == direct.Port && pooled.Database == direct.Database)
        {
            problems.Add($"{path}:ConnectionString and {path}:DirectConnectionString lead to the same place; one is the pooler's, the other the server's own.");
        }
    }

    private static NpgsqlConnectionStringBuilder? ConnectionString(string value, string path, List<string> problems)
    {
        Required(value, path, problems);
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        try
        {
            var settings = new NpgsqlConnectionStringBuilder(value);
            if (string.IsNullOrWhiteSpace(settings.Host))
            {
                problems.Add($"{path} names no host.");
            }
            else if (settings.Host.Contains(',', StringComparison.Ordinal))
            {
                problems.Add($"{path} names several hosts; an endpoint is one node.");
            }

            return settings;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
        {
            problems.Add($"{path} isn't an Npgsql connection string.");
            return null;
        }
    }

    private static void Region(string value, string path, List<string> problems)
    {
        if (!RegionId.TryParse(value, null, out _))
        {
            problems.Add($"{path} isn't a region name: 1 to 32 characters of a-z, 0-9 and '-', starting with a letter.");
        }
    }

    private static void Required(string value, string path, List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            problems.Add($"{path} is missing.");
        }
    }

    private static void Range<T>(T value, T least, T most, string path, List<string> problems)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            problems.Add($"{path} must be {least} to {most}, and is {value}.");
        }
    }

    private static void Unique(IEnumerable<string> values, string problem, List<string> problems) =>
        problems.AddRange(values
            .Where(static value => !string.IsNullOrEmpty(value))
            .GroupBy(static value => value, StringComparer.OrdinalIgnoreCase)
            .Where(static group => group.Count() > 1)
            .Select(group => $"{problem} '{group.Key}'."));
}
