namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Servers that don't keep to what was agreed on.</summary>
public sealed class HostileServerTests
{
    private static readonly RedisCallOptions Patient = new(Timeout: TimeSpan.FromSeconds(10));
    private static readonly RedisCommand Write = RedisCommand.Write("INCR", RedisArgument.Key("n"));

    [Theory]
    [InlineData("garbage\r\n")]
    [InlineData("$100000000\r\n")]
    [InlineData("*3000000\r\n")]
    [InlineData(":1x\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n")]
    public async Task Nonsense_costs_the_connection_and_nothing_more(string nonsense)
    {
        await using ScriptedServer server = new((number, command) => ScriptedServer.Greeting(command) ?? (number == 1 ? nonsense : ":7\r\n"));
        await using var channel = Open(server);

        var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Write, Patient));
        Assert.Equal((RedisFaultKind.Malformed, WriteDisposition.Ambiguous), (fault.Kind, fault.Disposition));
        await Eventually.TrueAsync(() => AnswersAsync(channel, 7));
    }

    [Fact]
    public async Task An_answer_that_nobody_asked_for_is_never_somebody_elses()
    {
        await using ScriptedServer server = new((number, command) => ScriptedServer.Greeting(command) ?? (number == 1 ? ":1\r\n:666\r\n" : ":7\r\n"));
        await using var channel = Open(server);

        Assert.Equal(1, (await channel.ExecuteAsync(Write, Patient)).AsInt64());
        await Eventually.TrueAsync(() => AnswersAsync(channel, 7));
    }

    [Fact]
    public async Task An_answer_that_came_before_its_question_is_not_somebodys_either()
    {
        await using ScriptedServer server = new(static (number, command) => ScriptedServer.Greeting(command) is { } greeting
            ? greeting + (number == 1 && command == "ROLE" ? ":666\r\n" : "")
            : ":7\r\n");
        await using var channel = Open(server);

        await Eventually.TrueAsync(() => AnswersAsync(channel, 7));
    }

    [Fact]
    public async Task An_answer_that_ends_half_way_was_none()
    {
        var broken = 0;
        await using ScriptedServer server = new((number, command) => ScriptedServer.Greeting(command) ?? (number > 1 ? ":7\r\n" : broken++ == 0 ? "$5\r\nhel" : null));
        await using var channel = Open(server);
        var first = Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Write, Patient));
        var second = Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key("n")), Patient));

        Assert.Equal((RedisFaultKind.Interrupted, WriteDisposition.Ambiguous), ((await first).Kind, (await first).Disposition));
        Assert.Equal((RedisFaultKind.Interrupted, WriteDisposition.NotApplied), ((await second).Kind, (await second).Disposition));
        await Eventually.TrueAsync(() => AnswersAsync(channel, 7));
    }

    [Fact]
    public async Task Whoever_hangs_up_at_once_is_not_called_again_and_again()
    {
        await using ScriptedServer server = new(static (_, command) => ScriptedServer.Greeting(command));
        await using var channel = Open(server);
        var start = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(async () =>
        {
            await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Write, Patient));
            return server.Connections > 1 && TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(500);
        });

        Assert.InRange(server.Connections, 2, 20);
    }

    [Fact]
    public async Task Whoever_never_greets_is_given_up_and_nothing_was_sent()
    {
        await using ScriptedServer server = new(static (_, _) => "");
        var options = server.Options();
        options.ConnectTimeout = TimeSpan.FromMilliseconds(200);
        await using RespChannel channel = new(options);

        var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Write, Patient));
        Assert.Equal((RedisFaultKind.Unreachable, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
    }

    [Fact]
    public async Task A_deadline_before_the_greeting_means_not_sent()
    {
        await using ScriptedServer server = new(static (_, _) => "");
        await using RespChannel channel = new(server.Options());

        var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Write, new RedisCallOptions(Timeout: TimeSpan.FromMilliseconds(50))));
        Assert.Equal((RedisFaultKind.Timeout, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
    }

    [Fact]
    public async Task A_server_of_old_is_spoken_to_as_of_old()
    {
        await using ScriptedServer server = new(static (_, command) => command switch
        {
            "HELLO" => "-ERR unknown command `HELLO`\r\n",
            "AUTH" or "CLIENT" => "+OK\r\n",
            "ROLE" => ScriptedServer.Greeting(command),
            _ => "$1\r\n7\r\n",
        });
        var options = server.Options();
        options.Password = "p";
        await using RespChannel channel = new(options);

        Assert.Equal(7, (await channel.ExecuteAsync(Write, Patient)).AsInt64());
    }

    [Fact]
    public async Task Answers_may_come_byte_by_byte()
    {
        await using ScriptedServer server = new(static (_, command) => ScriptedServer.Greeting(command) ?? "*2\r\n$5\r\nhello\r\n:7\r\n") { Piece = 1 };
        await using var channel = Open(server);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => await channel.ExecuteAsync(Write, Patient)));

        Assert.All(answers, static answer => Assert.Equal(("hello", 7L), (answer.Items[0].AsString(), answer.Items[1].AsInt64())));
    }

    private static RespChannel Open(ScriptedServer server)
    {
        var options = server.Options();
        options.Limits.MaxReplyBytes = 1 << 20;
        return new RespChannel(options);
    }

    private static async Task<bool> AnswersAsync(RespChannel channel, long wanted)
    {
        try
        {
            Assert.Equal(wanted, (await channel.ExecuteAsync(Write, Patient)).AsInt64());
            return true;
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            return false;
        }
    }
}
