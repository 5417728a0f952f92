using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data;

/// <summary>
/// What a session has written and seen, as log positions of the shards it touched. Opaque, immutable, small, and short as text:
/// it travels in a header, a cookie or a message, and the next process continues the session with it.
/// </summary>
/// <remarks>
/// <para>The text is base64url. It has at most 256 characters for 16 PostgreSQL shards without remembered single writes, and 1,024 for
/// 64 with them, as long as positions are below 2^45 (32 TiB of log per history) and the shards' numbers less than 8 apart; never more
/// than <see cref="MaxTextLength"/>. To stay within that, the text may require more than the token does, but never less.</para>
/// <para>Positions only grow: <see cref="Merge"/> takes the larger of each. The default value is the token of a new session.
/// A token is a promise about reads, not a credential: it holds no keys or values, though 32-bit hashes of up to 8 keys that were just
/// written. Whoever changes one changes what its own reads wait for. All members are thread-safe.</para>
/// <para>A client whose options name a signing key signs: texts of its sessions' tokens then bear a signature, which makes them
/// 24 characters longer than said above. <see cref="Parse(string)"/> checks the form only; the signature is checked by
/// <see cref="IDataClient.OpenSession"/> and <see cref="IDataSession.Merge"/>. Until then a token that was read is written as it was read; merged
/// with another one it has no signature that could be checked, so merge into a session.</para>
/// </remarks>
public readonly struct SessionToken : IEquatable<SessionToken>, ISpanParsable<SessionToken>, ISpanFormattable
{
    /// <summary>The longest text of a token, in characters.</summary>
    public const int MaxTextLength = 16 * 1024;

    private readonly SessionFloor[]? _floors;

    internal SessionToken(SessionFloor[] floors, SessionTokenSeal? seal = null)
    {
        _floors = floors.Length == 0 ? null : floors;
        Seal = seal;
    }

    /// <summary>The token of a session that has done nothing yet.</summary>
    public static SessionToken Empty => default;

    /// <summary>Whether the session has written and seen nothing.</summary>
    public bool IsEmpty => _floors is null;

    /// <summary>Ordered by shard, then history; unique in both. Never changed.</summary>
    internal ReadOnlySpan<SessionFloor> Floors => _floors;

    /// <summary>Whom the token comes from; null for a client of this process that signs nothing.</summary>
    internal SessionTokenSeal? Seal { get; }

    /// <summary>Whether two tokens require the same.</summary>
    public static bool operator ==(SessionToken left, SessionToken right) => left.Equals(right);

    /// <summary>Whether two tokens require different things.</summary>
    public static bool operator !=(SessionToken left, SessionToken right) => !left.Equals(right);

    /// <summary>
    /// Reads a token's form. Its signature, if it has one, is checked when a session is opened from it or merged with it; whether its positions
    /// exist is found out by the first operation that needs them.
    /// </summary>
    /// <exception cref="FormatException">The text isn't a token of a known version.</exception>
    public static SessionToken Parse(string s)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), null);
    }

    /// <inheritdoc/>
    public static SessionToken Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    public static SessionToken Parse(ReadOnlySpan<char> s, IFormatProvider? provider)
    {
        var problem = SessionTokenCodec.TryRead(s, out var token);
        return problem is null ? token : throw new FormatException($"Not a session token: {problem}.");
    }

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SessionToken result) =>
        TryParse(s.AsSpan(), provider, out result) && s is not null;

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out SessionToken result) =>
        SessionTokenCodec.TryRead(s, out result) is null;

    /// <summary>A token that requires all that both require.</summary>
    public SessionToken Merge(SessionToken other)
    {
        if (other._floors is null || ReferenceEquals(_floors, other._floors))
        {
            return this;
        }

        return _floors is null
            ? other.SealedBy(other.Seal is { IsTrusted: false } ? other.Seal : Seal ?? other.Seal)
            : new SessionToken(SessionFloors.Merge(_floors, other._floors), SessionTokenSeal.Of(Seal, other.Seal));
    }

    /// <summary>Whether whoever satisfies this token satisfies the other one too.</summary>
    public bool Covers(SessionToken other)
    {
        foreach (var required in other.Floors)
        {
            if (Find(required.Shard, required.History) is not { } mine || !mine.Covers(required))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(SessionToken other) => Floors.SequenceEqual(other.Floors);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is SessionToken other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var floor in Floors)
        {
            hash.Add(floor);
        }

        return hash.ToHashCode();
    }

    /// <summary>The text that <see cref="Parse(string)"/> reads, signed if the client that the token comes from signs; empty for an empty token.</summary>
    /// <exception cref="InvalidOperationException">The session has touched so many shards that its text would exceed <see cref="MaxTextLength"/>.</exception>
    public override string ToString() => SessionTokenCodec.Write(this);

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        var text = ToString();
        var fits = text.TryCopyTo(destination);
        charsWritten = fits ? text.Length : 0;
        return fits;
    }

    internal SessionFloor? Find(ShardId shard, HistoryId history)
    {
        foreach (var floor in Floors)
        {
            if (floor.Shard == shard && floor.History == history)
            {
                return floor;
            }
        }

        return null;
    }

    /// <summary>The token with one floor put in place of the one with its shard and history, or added.</summary>
    internal SessionToken With(SessionFloor floor) => new(SessionFloors.With(_floors ?? [], floor), SessionTokenSeal.Of(Seal, Seal));

    /// <summary>The token without the floor of one shard and history.</summary>
    internal SessionToken Without(ShardId shard, HistoryId history) =>
        new([.. (_floors ?? []).Where(floor => floor.Shard != shard || floor.History != history)], SessionTokenSeal.Of(Seal, Seal));

    /// <summary>The same requirements under another seal.</summary>
    internal SessionToken SealedBy(SessionTokenSeal? seal) => new(_floors ?? [], seal);
}
