using System.Text;
using System.Text.Json;
using WebsiteBuilder.Data.Shared;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data.Tests.Stores.Redis;

/// <summary>Requests and replies as a real server gave them.</summary>
public class RespVectorTests
{
    private const string Vectors = "redis/resp.json";

    private static readonly RespLimits Limits = new(1 << 20);

    [SharedDataFact(Vectors)]
    public void Requests_are_written_as_the_server_took_them()
    {
        var seen = 0;
        foreach (var one in Live())
        {
            RedisArgument[] words = [.. one.GetProperty("cmd").EnumerateArray().Select(Word)];
            OutBuffer buffer = new();
            buffer.Append(RedisCommand.Write(Encoding.ASCII.GetString(words[0].ToArray()), words.AsSpan(1)), scriptAsText: false);

            Assert.Equal(one.GetProperty("request_hex").GetString(), Convert.ToHexStringLower(buffer.Written));
            seen++;
        }

        Assert.True(seen > 50);
    }

    [SharedDataFact(Vectors)]
    public void Replies_are_read_whole_however_they_are_cut()
    {
        foreach (var one in Live())
        {
            var bytes = Convert.FromHexString(one.GetProperty("reply_hex").GetString()!);
            var whole = Read(bytes, () => int.MaxValue);
            Assert.NotEmpty(whole);
            Assert.Equal(whole, Read(bytes, () => 1));
            for (var at = 1; at < Math.Min(bytes.Length, 300); at++)
            {
                var first = at;
                Assert.Equal(whole, Read(bytes, () => first++ == at ? at : int.MaxValue));
            }
        }
    }

    [SharedDataFact(Vectors)]
    public void Every_reply_that_is_cut_off_ends_as_the_end_of_the_stream()
    {
        foreach (var one in Live())
        {
            var bytes = Convert.FromHexString(one.GetProperty("reply_hex").GetString()!);
            var frames = Read(bytes, () => int.MaxValue).Count;
            for (var length = 0; length < Math.Min(bytes.Length, 300); length++)
            {
                RespReader reader = new(new MemoryStream(bytes[..length]), Limits);
                var read = 0;
                void ReadAll()
                {
                    for (; read < frames; read++)
                    {
                        reader.Read();
                    }
                }

                Assert.Throws<EndOfStreamException>(ReadAll);
            }
        }
    }

    [Fact]
    public void Both_protocols_mean_the_same()
    {
        Assert.True(One("$-1\r\n").IsNull);
        Assert.True(One("*-1\r\n").IsNull);
        Assert.True(One("_\r\n").IsNull);
        Assert.Equal(1.5, One(",1.5\r\n").AsDouble());
        Assert.Equal(1.5, One("$3\r\n1.5\r\n").AsDouble());
        Assert.Equal(double.PositiveInfinity, One(",inf\r\n").AsDouble());
        Assert.True(One("#t\r\n").AsBoolean());
        Assert.True(One(":1\r\n").AsBoolean());
        Assert.Equal("v", One("%1\r\n$1\r\nk\r\n$1\r\nv\r\n")["k"].AsString());
        Assert.Equal("v", One("*2\r\n$1\r\nk\r\n$1\r\nv\r\n")["k"].AsString());
        Assert.Equal("text", One("=8\r\ntxt:text\r\n").AsString());
        Assert.Equal("SYNTAX", One("!11\r\nSYNTAX oops\r\n").ErrorCode);
        Assert.Equal("123456789012345678901234567890", One("(123456789012345678901234567890\r\n").AsString());
    }

    [Fact]
    public void Attributes_are_passed_over_wherever_they_stand()
    {
        Assert.Equal(7, One("|1\r\n+ttl\r\n:3600\r\n:7\r\n").AsInt64());
        Assert.Equal(7, One("*1\r\n|1\r\n+ttl\r\n:3600\r\n:7\r\n").Items[0].AsInt64());
    }

    [Fact]
    public void A_push_is_told_from_an_answer()
    {
        RespReader reader = new(new MemoryStream(">2\r\n+message\r\n+x\r\n:1\r\n"u8.ToArray()), Limits);

        Assert.True(reader.Read().IsPush);
        Assert.False(reader.Read().IsPush);
    }

    private static RedisReply One(string text) => new RespReader(new MemoryStream(Encoding.ASCII.GetBytes(text)), Limits).Read().Reply;

    private static List<string> Read(byte[] bytes, Func<int> piece)
    {
        RespReader reader = new(new ChoppedStream(bytes, piece), Limits);
        List<string> frames = [];
        try
        {
            while (true)
            {
                var frame = reader.Read();
                frames.Add($"{frame.IsPush} {Shown(frame.Reply)}");
            }
        }
        catch (EndOfStreamException)
        {
            return frames;
        }
    }

    private static string Shown(RedisReply reply) => reply.Kind switch
    {
        RedisReplyKind.Array or RedisReplyKind.Map => $"{reply.Kind}({string.Join(',', reply.Items.ToArray().Select(Shown))})",
        RedisReplyKind.Error => $"!{reply.ErrorText}",
        RedisReplyKind.Null => "null",
        RedisReplyKind.Boolean => $"{reply.AsBoolean()}",
        _ => $"{reply.Kind} {Convert.ToHexStringLower(reply.AsBytes()!)}",
    };

    private static JsonElement.ArrayEnumerator Live() => JsonDocument.Parse(SharedData.Read(Vectors)).RootElement.GetProperty("live").EnumerateArray();

    private static RedisArgument Word(JsonElement word) => word.ValueKind == JsonValueKind.Object
        ? RedisArgument.FromBytes(Convert.FromHexString(word.GetProperty("hex").GetString()!))
        : RedisArgument.FromString(word.GetString()!);
}
