namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// The names of keys: <c>prefix:{kind:name}:part</c>. What belongs to one name shares a hash tag, so that one script can have it all in a
/// cluster; different names spread over its nodes.
/// </summary>
/// <remarks>
/// Whatever a name holds, two names never share a key: the text before the last <c>}:</c> is the kind and the name, since neither parts nor kinds
/// hold such letters. A name with a brace ends its tag early, but at the same place for all of its parts.
/// </remarks>
internal sealed class KeySpace
{
    public const int MaxPrefixLength = 64;

    /// <summary>The longest name, in characters.</summary>
    public const int MaxNameLength = 256;

    private static readonly System.Buffers.SearchValues<char> PrefixLetters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:");

    private readonly string _prefix;

    /// <param name="prefix">1 to 64 characters of letters, digits, '.', '_', '-' and ':'.</param>
    public KeySpace(string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        if (prefix.Length > MaxPrefixLength || prefix.AsSpan().ContainsAnyExcept(PrefixLetters))
        {
            throw new ArgumentException("A prefix is 1 to 64 characters of letters, digits, '.', '_', '-' and ':'.", nameof(prefix));
        }

        _prefix = prefix;
    }

    /// <exception cref="ArgumentException">It is null, empty or longer than <see cref="MaxNameLength"/>, or has half a surrogate pair in it.</exception>
    public static void RequireName(string name, string argument)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, argument);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaxNameLength, argument);
        Bounds.RequireWholeText(name, argument);
    }

    public RedisArgument Key(string kind, string name, string part) => RedisArgument.Key($"{_prefix}:{{{kind}:{name}}}:{part}");

    /// <summary>A topic for messages about a name.</summary>
    public string Topic(string kind, string name) => $"{_prefix}:{{{kind}:{name}}}";
}
