using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql.Failover;

namespace WebsiteBuilder.Data.Tests.Failover;

public sealed class FailoverOptionsTests
{
    [Fact]
    public async Task Defaults_are_those_of_the_seeds_and_are_valid()
    {
        var options = Valid();
        Assert.Equal(TimeSpan.FromSeconds(30), options.HealthCheck.Interval);
        Assert.Equal(TimeSpan.FromSeconds(10), options.HealthCheck.Timeout);
        Assert.Equal((3, 2), (options.HealthCheck.Failures, options.HealthCheck.Successes));
        Assert.Equal(TimeSpan.FromSeconds(300), options.Recovery.PromotionTimeout);
        Assert.Equal((10, TimeSpan.FromSeconds(5)), (options.Recovery.ReconnectionTries, options.Recovery.ReconnectionDelay));
        Assert.True(options.Recovery.AutoPromote);
        Assert.False(options.Recovery.AcceptLoss);
        await FailoverCoordinator.Create(Data(), options).DisposeAsync();
    }

    [Fact]
    public void Every_problem_is_named_and_no_connection_string_is_quoted()
    {
        var options = Valid();
        options.RequiredAcknowledgements = 3;
        options.LeaseTime = TimeSpan.FromSeconds(2);
        options.HealthCheck.RecheckInterval = TimeSpan.FromMinutes(1);
        options.Recovery.PromotionTimeout = TimeSpan.Zero;
        options.Triggers.Disk = double.NaN;
        options.Members[0].StandbyName = "Not A Name";
        options.Members[1].ConnectionString = "Host=secret.example;Database=other";
        options.Members[2].UpstreamConnection = "";

        var problems = Problems(options);

        foreach (var part in new[]
        {
            "RequiredAcknowledgements must be 1 to 2", "LeaseTime must be", "HealthCheck:RecheckInterval must not be longer", "Recovery:PromotionTimeout must be", "Triggers:Disk must be",
            "Members:0:StandbyName must be", "in the same database", "Members:2:UpstreamConnection is missing",
        })
        {
            Assert.Contains(problems, problem => problem.Contains(part, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(problems, static problem => problem.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Members_are_the_endpoints_of_the_shard_each_once_and_two_can_be_promoted_at_least()
    {
        var (missing, twice, unknown, alone) = (Valid(), Valid(), Valid(), Valid());
        missing.Members.RemoveAt(0);
        twice.Members.Add(new FailoverMemberOptions { Name = "a", UpstreamConnection = "host=a" });
        unknown.Shard = "other";
        alone.Members[1].IsSynchronous = alone.Members[2].IsSynchronous = false;

        Assert.Contains("Members must name each endpoint of the shard once, and nothing else.", Problems(missing));
        Assert.Contains("Members must name each endpoint of the shard once, and nothing else.", Problems(twice));
        Assert.Contains("Shard names no configured shard.", Problems(unknown));
        Assert.Contains(Problems(alone), static problem => problem.StartsWith("Members must have two or more", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ANY 1 (a, b)", 1, "a,b")]
    [InlineData("any 2(\"a-1\",b , \"c\"\"d\")", 2, "a-1,b,c\"d")]
    [InlineData("FIRST 1 (a, b)", 0, "")]
    [InlineData("a, b", 0, "")]
    [InlineData("", 0, "")]
    public void Rules_are_read_as_the_server_reads_them(string names, int required, string standbys)
    {
        var rule = FailoverSql.ParseRule(names);
        Assert.Equal(required, rule?.Required ?? 0);
        Assert.Equal(standbys, string.Join(',', rule?.Standbys ?? []));
        if (rule is not null)
        {
            Assert.True(FailoverSql.ParseRule(FailoverSql.Write(rule))!.Matches(rule));
            Assert.False(rule.Matches(new AcknowledgementRule(rule.Required + 1, rule.Standbys)));
        }
    }

    private static IEnumerable<string> Problems(FailoverOptions options) =>
        Assert.Throws<OptionsValidationException>(() => FailoverCoordinator.Create(Data(), options)).Failures;

    private static FailoverOptions Valid()
    {
        var options = new FailoverOptions { Shard = "emea", RequiredAcknowledgements = 1 };
        foreach (var name in new[] { "a", "b", "c" })
        {
            options.Members.Add(new FailoverMemberOptions { Name = name, UpstreamConnection = $"host={name}" });
        }

        return options;
    }

    private static DataOptions Data()
    {
        var shard = new ShardOptions { Number = 0, Name = "emea", Territories = { "emea" } };
        foreach (var name in new[] { "a", "b", "c" })
        {
            shard.Endpoints.Add(new EndpointOptions { Name = name, Region = "eu-west-1", ConnectionString = $"Host={name};Database=app" });
        }

        return new DataOptions { LocalRegion = "eu-west-1", Shards = { shard } };
    }
}
