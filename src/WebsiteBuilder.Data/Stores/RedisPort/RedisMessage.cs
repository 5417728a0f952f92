namespace WebsiteBuilder.Data;

/// <summary>What a subscription listens to: one topic, or all that match a pattern.</summary>
public readonly record struct RedisTopic
{
    private RedisTopic(string name, bool isPattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        IsPattern = isPattern;
    }

    /// <summary>The topic, or the pattern. Sent as UTF-8.</summary>
    public string Name { get; }

    /// <summary>Whether <c>*</c>, <c>?</c> and <c>[…]</c> have a meaning.</summary>
    public bool IsPattern { get; }

    /// <summary>The topic of exactly that name.</summary>
    /// <exception cref="ArgumentException">The name is null or empty.</exception>
    public static RedisTopic Named(string name) => new(name, isPattern: false);

    /// <summary>All topics that match a pattern, as <c>PSUBSCRIBE</c> has it.</summary>
    /// <exception cref="ArgumentException">The pattern is null or empty.</exception>
    public static RedisTopic Matching(string pattern) => new(pattern, isPattern: true);
}

/// <summary>What a subscription has to tell.</summary>
public enum RedisMessageKind
{
    /// <summary>Nothing.</summary>
    Unspecified = 0,

    /// <summary>It listens from now on. Comes first, and again after each interruption: what was sent in between is lost.</summary>
    Established = 1,

    /// <summary>A message.</summary>
    Message = 2,

    /// <summary>The connection is lost; messages are being missed until the next <see cref="Established"/>.</summary>
    Interrupted = 3,

    /// <summary>The reader was too slow: messages were dropped here, the oldest first.</summary>
    Overflow = 4,
}

/// <summary>One item of a subscription.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Topic">The topic that the message was sent to; empty for anything but a message.</param>
/// <param name="Payload">What was sent; empty for anything but a message.</param>
public readonly record struct RedisMessage(RedisMessageKind Kind, string Topic, ReadOnlyMemory<byte> Payload);
