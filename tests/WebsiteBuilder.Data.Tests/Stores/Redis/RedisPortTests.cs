using System.Text;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data.Tests.Stores.Redis;

public class RedisPortTests
{
    [Theory]
    [InlineData("123456789", 12_739)]
    [InlineData("foo", 12_182)]
    [InlineData("", 0)]
    public void Slots_are_those_of_the_specification(string key, int slot) => Assert.Equal(slot, RedisSlots.Of(Encoding.UTF8.GetBytes(key)));

    [Theory]
    [InlineData("{user1000}.following", "{user1000}.followers")]
    [InlineData("foo{{bar}}zap", "{bar")]
    [InlineData("foo{bar}{zap}", "bar")]
    public void Keys_of_one_tag_share_a_slot(string one, string other) =>
        Assert.Equal(RedisSlots.Of(Encoding.UTF8.GetBytes(one)), RedisSlots.Of(Encoding.UTF8.GetBytes(other)));

    [Fact]
    public void An_empty_tag_is_none() => Assert.NotEqual(RedisSlots.Of("foo{}{bar}"u8), RedisSlots.Of("foo{}{baz}"u8));

    [Fact]
    public void A_command_without_keys_has_no_slot_and_one_with_keys_apart_has_several()
    {
        Assert.Equal(RedisSlots.Any, RedisSlots.Of(RedisCommand.Read("PING", "foo")));
        Assert.Equal(12_182, RedisSlots.Of(RedisCommand.Write("SET", RedisArgument.Key("foo"), "bar")));
        Assert.Equal(RedisSlots.Several, RedisSlots.Of(RedisCommand.Read("MGET", RedisArgument.Key("foo"), RedisArgument.Key("bar"))));
    }

    [Fact]
    public void Arguments_are_what_they_were_made_of()
    {
        Assert.Equal("héllo", Encoding.UTF8.GetString(((RedisArgument)"héllo").ToArray()));
        Assert.Equal("-9223372036854775808", Encoding.UTF8.GetString(((RedisArgument)long.MinValue).ToArray()));
        Assert.Equal("1.5", Encoding.UTF8.GetString(((RedisArgument)1.5).ToArray()));
        Assert.Equal("-inf", Encoding.UTF8.GetString(((RedisArgument)double.NegativeInfinity).ToArray()));
        Assert.Equal([2, 3], RedisArgument.FromBytes(new byte[] { 1, 2, 3, 4 }.AsMemory(1, 2)).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(static () => RedisArgument.FromDouble(double.NaN));
    }

    [Fact]
    public void A_script_is_sent_by_hash_and_if_need_be_by_text()
    {
        var run = new RedisScript("return 1").Run([RedisArgument.Key("k")], 7);
        OutBuffer hashed = new(), text = new();
        hashed.Append(run, scriptAsText: false);
        text.Append(run, scriptAsText: true);

        Assert.Equal("*5\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\n7\r\n", Encoding.ASCII.GetString(hashed.Written));
        Assert.Equal("*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\n7\r\n", Encoding.ASCII.GetString(text.Written));
    }

    [Theory]
    [InlineData("WRONGTYPE Operation against a key", RedisFaultKind.Rejected, WriteDisposition.NotApplied)]
    [InlineData("OOM command not allowed", RedisFaultKind.Throttled, WriteDisposition.NotApplied)]
    [InlineData("READONLY You can't write", RedisFaultKind.WrongRole, WriteDisposition.NotApplied)]
    [InlineData("LOADING Redis is loading", RedisFaultKind.NotReady, WriteDisposition.NotApplied)]
    [InlineData("NOPERM this user", RedisFaultKind.Denied, WriteDisposition.NotApplied)]
    [InlineData("ERR max number of clients reached", RedisFaultKind.Throttled, WriteDisposition.NotApplied)]
    public void Errors_have_a_kind_and_no_values(string error, RedisFaultKind kind, WriteDisposition disposition)
    {
        var fault = RedisFaultException.FromServer(error, RedisCommand.Write("SET", RedisArgument.Key("k"), "v"));

        Assert.Equal((kind, disposition), (fault.Kind, fault.Disposition));
        Assert.DoesNotContain("key", fault.Message, StringComparison.Ordinal);
        Assert.Equal(error, fault.ServerText);
    }

    [Fact]
    public void A_script_that_failed_may_have_done_something()
    {
        var run = new RedisScript("return 1").Run([]);

        Assert.Equal(WriteDisposition.Ambiguous, RedisFaultException.FromServer("ERR user_script:1", run).Disposition);
        Assert.Equal(WriteDisposition.NotApplied, RedisFaultException.FromServer("READONLY replica", run).Disposition);
        Assert.Equal(WriteDisposition.NotApplied, RedisFaultException.FromServer("ERR x", new RedisScript("return 1", RedisAccess.Read).Run([])).Disposition);
    }

    [Fact]
    public void Faults_become_the_errors_of_operations()
    {
        static DataTierException Of(RedisFaultKind kind, WriteDisposition disposition) =>
            RedisErrors.Of(new RedisFaultException(kind, disposition, "x"), "presence.list", RegionId.Parse("eu-west-1"));

        Assert.IsType<ThrottledException>(Of(RedisFaultKind.Throttled, WriteDisposition.NotApplied));
        Assert.IsType<DeadlineExceededException>(Of(RedisFaultKind.Timeout, WriteDisposition.NotApplied));
        Assert.IsType<AmbiguousWriteException>(Of(RedisFaultKind.Timeout, WriteDisposition.Ambiguous));
        Assert.IsType<StoreFailureException>(Of(RedisFaultKind.Unreachable, WriteDisposition.NotApplied));
        Assert.Equal("presence.list", Of(RedisFaultKind.Rejected, WriteDisposition.NotApplied).Operation);
    }

    [Theory]
    [InlineData("MOVED 3999 10.0.0.1:6381", false, "10.0.0.1")]
    [InlineData("ASK 3999 10.0.0.1:6381", true, "10.0.0.1")]
    [InlineData("MOVED 3999 :6381", false, "teller")]
    [InlineData("MOVED 3999 ?:6381", false, "teller")]
    [InlineData("MOVED 3999 2001:db8::1:6381", false, "2001:db8::1")]
    public void Redirections_are_understood(string error, bool ask, string host)
    {
        Assert.True(RedisRedirect.TryParse(error, new RedisEndpoint("teller", 1), out var redirect));
        Assert.Equal(new RedisRedirect(ask, 3_999, new RedisEndpoint(host, 6_381)), redirect);
    }

    [Theory]
    [InlineData("MOVED 16384 10.0.0.1:6381")]
    [InlineData("MOVED -1 10.0.0.1:6381")]
    [InlineData("MOVED 1 10.0.0.1")]
    [InlineData("MOVED 1 10.0.0.1:99999")]
    [InlineData("MOVED")]
    public void Senseless_redirections_are_not(string error) => Assert.False(RedisRedirect.TryParse(error, default, out _));

    [Fact]
    public void Answers_convert_or_say_what_they_are()
    {
        Assert.Equal(5, RedisReply.FromBytes("5"u8.ToArray()).AsInt64());
        Assert.Equal("5", RedisReply.FromInt64(5).AsString());
        Assert.True(RedisReply.FromBytes("OK"u8.ToArray()).AsBoolean());
        Assert.False(RedisReply.Null.AsBoolean());
        var fault = Assert.Throws<RedisFaultException>(static () => RedisReply.FromArray([]).AsInt64());
        Assert.Equal(RedisFaultKind.Malformed, fault.Kind);
        Assert.Throws<RedisFaultException>(static () => RedisReply.FromBytes("secret"u8.ToArray()).AsInt64());
    }

    [Theory]
    [InlineData("nohost")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    public void Endpoints_are_checked(string endpoint) =>
        Assert.Throws<OptionsValidationException>(() => new RespChannel(new RedisChannelOptions { Endpoints = { endpoint } }));

    [Fact]
    public void Settings_are_checked_all_at_once()
    {
        RedisChannelOptions options = new() { ClientName = "a b", Timeout = TimeSpan.Zero, KeepAlive = TimeSpan.Zero, User = "u" };
        options.Limits.MaxInFlight = 0;

        Assert.Equal(6, Assert.Throws<OptionsValidationException>(() => new RespChannel(options)).Failures.Count());
    }
}
