using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using WebsiteBuilder.Data.Failover;

namespace WebsiteBuilder.Data.Client;

/// <summary>Checks a coordinator's settings against those of its shard and names every problem at once. Never quotes a connection string.</summary>
internal static partial class FailoverOptionsValidator
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(50);

    /// <exception cref="OptionsValidationException">Something is missing, malformed or out of range.</exception>
    public static (ShardOptions Shard, FailoverPolicy Policy) Read(DataOptions data, FailoverOptions failover, bool hasOperator)
    {
        ClientComposition.Validate(data);
        var problems = new List<string>();
        var shard = data.Shards.FirstOrDefault(candidate => candidate.Name == failover.Shard);
        if (shard is null)
        {
            problems.Add("Shard names no configured shard.");
        }
        else
        {
            Members(shard, failover, hasOperator, problems);
        }

        Times(failover, problems);
        if (problems.Count > 0)
        {
            throw new OptionsValidationException(nameof(FailoverOptions), typeof(FailoverOptions), problems);
        }

        return (shard!, Policy(shard!, failover));
    }

    /// <summary>How a coordinator connects to a member: straight to its server.</summary>
    public static string ConnectionString(ShardOptions shard, FailoverMemberOptions member)
    {
        var endpoint = shard.Endpoints.First(endpoint => endpoint.Name == member.Name);
        return member.ConnectionString.Length > 0 ? member.ConnectionString
            : endpoint.Pooler == ConnectionPooler.None ? endpoint.ConnectionString
            : endpoint.DirectConnectionString;
    }

    private static void Members(ShardOptions shard, FailoverOptions failover, bool hasOperator, List<string> problems)
    {
        if (!failover.Members.Select(static member => member.Name).Order(StringComparer.Ordinal)
            .SequenceEqual(shard.Endpoints.Select(static endpoint => endpoint.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            problems.Add("Members must name each endpoint of the shard once, and nothing else.");
            return;
        }

        var counted = failover.Members.Count(static member => member.IsSynchronous);
        if (counted < 2)
        {
            problems.Add("Members must have two or more with IsSynchronous: the primary, and a standby to promote.");
        }
        else
        {
            Range(failover.RequiredAcknowledgements, 1, counted - 1, "RequiredAcknowledgements", problems);
        }

        var databases = new HashSet<string?>(StringComparer.Ordinal);
        for (var i = 0; i < failover.Members.Count; i++)
        {
            var member = failover.Members[i];
            if (!StandbyNames().IsMatch(StandbyName(member)))
            {
                problems.Add($"Members:{i}:StandbyName must be 1 to 63 of a-z, 0-9 and '_'.");
            }

            if (member.UpstreamConnection.Length == 0 && !hasOperator)
            {
                problems.Add($"Members:{i}:UpstreamConnection is missing, and there is no node operator that could know it.");
            }

            try
            {
                databases.Add(new NpgsqlConnectionStringBuilder(ConnectionString(shard, member)).Database);
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException)
            {
                problems.Add($"Members:{i}:ConnectionString isn't an Npgsql connection string.");
            }
        }

        if (databases.Count > 1)
        {
            problems.Add("Members must all be connected to in the same database: votes are kept apart by databases.");
        }

        if (failover.Members.Select(StandbyName).Distinct(StringComparer.Ordinal).Count() != failover.Members.Count)
        {
            problems.Add("Two Members have the same StandbyName.");
        }
    }

    private static void Times(FailoverOptions failover, List<string> problems)
    {
        var (health, recovery, triggers) = (failover.HealthCheck, failover.Recovery, failover.Triggers);
        Range(failover.LeaseTime, TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5), "LeaseTime", problems);
        Range(health.Interval, Least, Hour, "HealthCheck:Interval", problems);
        Range(health.RecheckInterval, Least, Hour, "HealthCheck:RecheckInterval", problems);
        Range(health.Timeout, Least, Hour, "HealthCheck:Timeout", problems);
        Range(health.Failures, 1, 100, "HealthCheck:Failures", problems);
        Range(health.Successes, 1, 100, "HealthCheck:Successes", problems);
        Range(recovery.PromotionTimeout, TimeSpan.FromSeconds(1), Hour, "Recovery:PromotionTimeout", problems);
        Range(recovery.ReconnectionTries, 1, 1_000, "Recovery:ReconnectionTries", problems);
        Range(recovery.ReconnectionDelay, Least, Hour, "Recovery:ReconnectionDelay", problems);
        Range(triggers.ReplicationLag, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7), "Triggers:ReplicationLag", problems);
        Range(triggers.Cpu, 1, 100, "Triggers:Cpu", problems);
        Range(triggers.Memory, 1, 100, "Triggers:Memory", problems);
        Range(triggers.Disk, 1, 100, "Triggers:Disk", problems);
        if (health.RecheckInterval > health.Interval)
        {
            problems.Add("HealthCheck:RecheckInterval must not be longer than HealthCheck:Interval.");
        }
    }

    public static FailoverPolicy Policy(ShardOptions shard, FailoverOptions failover) => new(
        shard.Name,
        [.. failover.Members.Select(member => new Member(
            member.Name,
            RegionId.Parse(shard.Endpoints.First(endpoint => endpoint.Name == member.Name).Region),
            StandbyName(member),
            member.UpstreamConnection,
            member.IsSynchronous))],
        failover.RequiredAcknowledgements)
    {
        CheckInterval = failover.HealthCheck.Interval,
        RecheckInterval = failover.HealthCheck.RecheckInterval,
        CheckTimeout = failover.HealthCheck.Timeout,
        FailuresToAct = failover.HealthCheck.Failures,
        SuccessesToReturn = failover.HealthCheck.Successes,
        LeaseTime = failover.LeaseTime,
        AutoPromote = failover.Recovery.AutoPromote,
        AcceptLoss = failover.Recovery.AcceptLoss,
        AutoRejoin = failover.Recovery.AutoRejoin,
        PromotionTimeout = failover.Recovery.PromotionTimeout,
        ReconnectionTries = failover.Recovery.ReconnectionTries,
        ReconnectionDelay = failover.Recovery.ReconnectionDelay,
        Triggers = new TriggerTable(failover.Triggers.ReplicationLag, failover.Triggers.Cpu, failover.Triggers.Memory, failover.Triggers.Disk),
    };

    private static string StandbyName(FailoverMemberOptions member) =>
        member.StandbyName.Length > 0 ? member.StandbyName : member.Name.Replace('-', '_');

    private static void Range<T>(T value, T least, T most, string path, List<string> problems)
        where T : IComparable<T>
    {
        // Comparing says of what is no number that it is below all numbers.
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            problems.Add($"{path} must be {least} to {most}, and is {value}.");
        }
    }

    [GeneratedRegex("^[a-z0-9_]{1,63}$", RegexOptions.None, 1_000)]
    private static partial Regex StandbyNames();
}
