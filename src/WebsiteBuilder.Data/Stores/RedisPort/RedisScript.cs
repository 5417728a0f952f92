using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace WebsiteBuilder.Data;

/// <summary>A Lua script that runs at the server, as a whole or not at all interrupted by others. Make it once and keep it.</summary>
/// <remarks>
/// <para>It is called by its hash; a server that doesn't know it (restarted, promoted, <c>SCRIPT FLUSH</c>) is given the text by the
/// channel, without the caller noticing.</para>
/// <para>A script that fails half-way keeps what it had done: an error of a script that may write leaves its effect
/// <see cref="WriteDisposition.Ambiguous"/>. Let scripts return their verdict, and fail only by mistake. Touch no keys but those in
/// <c>KEYS</c>.</para>
/// </remarks>
public sealed class RedisScript
{
    /// <summary>Makes a script.</summary>
    /// <param name="text">Lua.</param>
    /// <param name="access">Whether it may change something.</param>
    /// <exception cref="ArgumentException">The text is null or empty.</exception>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "Redis names scripts by SHA-1.")]
    public RedisScript(string text, RedisAccess access = RedisAccess.Write)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        Text = text;
        Access = access;
        Hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The Lua.</summary>
    public string Text { get; }

    /// <summary>Whether it may change something.</summary>
    public RedisAccess Access { get; }

    /// <summary>The name under which servers keep it: 40 hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>The command that runs it.</summary>
    /// <param name="keys">What Lua sees as <c>KEYS</c>, each made by <see cref="RedisArgument.Key(string)"/>; in a cluster all of one hash slot.</param>
    /// <param name="arguments">What Lua sees as <c>ARGV</c>.</param>
    /// <exception cref="ArgumentException">One of the keys isn't marked as such.</exception>
    public RedisCommand Run(ReadOnlySpan<RedisArgument> keys, params ReadOnlySpan<RedisArgument> arguments) => RedisCommand.Run(this, keys, arguments);
}
