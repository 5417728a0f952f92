namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Question and answer, one at a time, on a connection that nobody else uses yet.</summary>
internal sealed class Conversation(Stream stream, RespReader reader)
{
    public RedisReply Ask(string name, params ReadOnlySpan<RedisArgument> arguments)
    {
        OutBuffer question = new();
        question.Append(RedisCommand.Write(name, arguments), scriptAsText: false);
        stream.Write(question.Written);
        stream.Flush();
        return reader.Read().Reply;
    }

    /// <exception cref="RedisFaultException">The answer is an error.</exception>
    public void Require(string name, params ReadOnlySpan<RedisArgument> arguments)
    {
        var answer = Ask(name, arguments);
        if (answer.ErrorText is { } error)
        {
            throw ServerErrors.Of(error, RedisAccess.Read, isScript: false);
        }
    }
}
