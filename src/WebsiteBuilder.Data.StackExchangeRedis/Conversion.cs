using StackExchange.Redis;

namespace WebsiteBuilder.Data.Multiplexing;

/// <summary>Commands and answers in the client's words.</summary>
internal static class Conversion
{
    /// <summary>The command as the client sends one that it doesn't know; keys are marked, so that it finds the cluster's node.</summary>
    public static (string Name, ICollection<object> Arguments) Command(in RedisCommand command, bool scriptAsText)
    {
        List<object> arguments = new(command.ArgumentCount + 2);
        var name = command.Name;
        if (command.Script is { } script)
        {
            name = scriptAsText ? "EVAL" : "EVALSHA";
            arguments.Add((RedisValue)(scriptAsText ? script.Text : script.Hash));
            arguments.Add((RedisValue)0);
        }

        // A topic is no key, but what is sent to it keeps its order only if it takes one way through a cluster.
        var keysBefore = name.Equals("PUBLISH", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        var keys = 0;
        for (var at = 0; at < command.ArgumentCount; at++)
        {
            var argument = command[at];
            keys += argument.IsKey ? 1 : 0;
            arguments.Add(argument.IsKey || at < keysBefore ? (RedisKey)argument.ToArray() : (object)(RedisValue)argument.ToArray());
        }

        if (command.Script is not null)
        {
            arguments[1] = (RedisValue)keys;
        }

        return (name, arguments);
    }

    public static RedisReply Reply(RedisResult? result)
    {
        if (result is null || result.IsNull)
        {
            return RedisReply.Null;
        }

        try
        {
            if (IsArray(result))
            {
                return RedisReply.FromArray(Array.ConvertAll((RedisResult[])result!, Reply));
            }

            return RedisReply.FromBytes((byte[]?)result);
        }
        catch (RedisServerException error)
        {
            // An error inside of an array throws when it is looked at.
            return RedisReply.FromError(error.Message);
        }
    }

    // The versions have no public question for it in common, and a list of one part converts to that part.
    private static bool IsArray(RedisResult result) => result.GetType().Name.StartsWith("Array", StringComparison.Ordinal);
}
