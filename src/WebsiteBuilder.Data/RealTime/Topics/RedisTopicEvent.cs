using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data;

/// <summary>What a subscription to a typed topic has to tell.</summary>
public enum RedisTopicEventKind
{
    /// <summary>Nothing.</summary>
    Unspecified = 0,

    /// <summary>It listens from now on; what was sent before is missed. Comes first, and again after each interruption.</summary>
    Established = 1,

    /// <summary>A message.</summary>
    Message = 2,

    /// <summary>The connection is lost; messages are being missed until the next <see cref="Established"/>.</summary>
    Interrupted = 3,

    /// <summary>The reader was too slow: messages were dropped here.</summary>
    Overflow = 4,

    /// <summary>A message that can't be read as the topic's type: of another version, or from a stranger. It is passed over.</summary>
    Unreadable = 5,
}

/// <summary>One item of a subscription to a typed topic.</summary>
/// <typeparam name="T">What is sent.</typeparam>
/// <param name="Kind">What it is.</param>
/// <param name="Message">What was sent; the default for anything but a message.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RedisTopicEvent<T>(RedisTopicEventKind Kind, T? Message);
