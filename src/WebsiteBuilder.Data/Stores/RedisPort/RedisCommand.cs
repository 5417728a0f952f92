namespace WebsiteBuilder.Data;

/// <summary>Whether a command may change something.</summary>
public enum RedisAccess
{
    /// <summary>It may. The safe reading, hence zero.</summary>
    Write = 0,

    /// <summary>It doesn't: a replica may answer, and a lost answer leaves nothing in doubt.</summary>
    Read = 1,
}

/// <summary>One command with its arguments.</summary>
/// <remarks>
/// <para><c>RedisCommand.Write("SET", RedisArgument.Key("{project:7}:title"), "Home", "PX", 30_000)</c></para>
/// <para>Keys are marked by <see cref="RedisArgument.Key(string)"/>. A command without a key goes to some primary of a cluster, the same one for
/// the same first argument.</para>
/// </remarks>
public readonly struct RedisCommand
{
    private readonly RedisArgument _first;
    private readonly RedisArgument[]? _rest;

    private RedisCommand(string name, RedisAccess access, RedisScript? script, bool isBlocking, int count, RedisArgument first, RedisArgument[]? rest)
    {
        Name = name;
        Access = access;
        Script = script;
        IsBlocking = isBlocking;
        ArgumentCount = count;
        _first = first;
        _rest = rest;
    }

    /// <summary>The command's first word; <c>EVALSHA</c> for a script.</summary>
    public string Name { get; }

    /// <summary>Whether it may change something.</summary>
    public RedisAccess Access { get; }

    /// <summary>The script that it runs, or null. Then the arguments are the script's: its keys, then the others.</summary>
    public RedisScript? Script { get; }

    /// <summary>Whether the server may hold back the answer, so that it needs a connection of its own.</summary>
    public bool IsBlocking { get; }

    /// <summary>How many arguments follow the name, or are the script's.</summary>
    public int ArgumentCount { get; }

    /// <summary>An argument.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none at that index.</exception>
    public RedisArgument this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ArgumentCount);
            return index == 0 ? _first : _rest![index - 1];
        }
    }

    /// <summary>A command that changes nothing.</summary>
    /// <param name="name">Its first word: 1 to 64 characters of A-Z, 0-9, '.', '_' and '-'.</param>
    /// <param name="arguments">What follows, keys marked as such.</param>
    /// <exception cref="ArgumentException">The name is malformed.</exception>
    public static RedisCommand Read(string name, params ReadOnlySpan<RedisArgument> arguments) => Make(Checked(name), RedisAccess.Read, script: null, arguments);

    /// <summary>A command that may change something.</summary>
    /// <inheritdoc cref="Read"/>
    public static RedisCommand Write(string name, params ReadOnlySpan<RedisArgument> arguments) => Make(Checked(name), RedisAccess.Write, script: null, arguments);

    /// <summary>
    /// The same, for a command that waits at the server, such as <c>XREADGROUP … BLOCK</c> or <c>BLPOP</c>: it gets a connection of its own
    /// for as long as it waits. Give it a <see cref="RedisCallOptions.Timeout"/> well beyond what it waits for.
    /// </summary>
    public RedisCommand AsBlocking() => new(Name, Access, Script, isBlocking: true, ArgumentCount, _first, _rest);

    internal static RedisCommand Run(RedisScript script, ReadOnlySpan<RedisArgument> keys, ReadOnlySpan<RedisArgument> arguments)
    {
        foreach (var key in keys)
        {
            if (!key.IsKey)
            {
                throw new ArgumentException("Keys are made by RedisArgument.Key.", nameof(keys));
            }
        }

        return Make("EVALSHA", script.Access, script, [.. keys, .. arguments]);
    }

    private static RedisCommand Make(string name, RedisAccess access, RedisScript? script, ReadOnlySpan<RedisArgument> arguments) => new(
        name,
        access,
        script,
        isBlocking: false,
        arguments.Length,
        arguments.Length == 0 ? default : arguments[0],
        arguments.Length > 1 ? arguments[1..].ToArray() : null);

    private static string Checked(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > 64 || name.AsSpan().ContainsAnyExcept(Letters))
        {
            throw new ArgumentException("A command's name is 1 to 64 characters of A-Z, 0-9, '.', '_' and '-'.", nameof(name));
        }

        return name;
    }

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}
