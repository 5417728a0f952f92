using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Sign-in sessions of users that live as long as they are used: created, found, touched, ended, one or all of a user. By the server's clock, one round
/// trip each. Thread-safe.
/// </summary>
/// <remarks>
/// <para>An id holds 128 random bits, of which Redis keeps a hash only. Sessions of a user share a hash slot, so that all of them are ended by one
/// atomic command; whatever is created before it is ended by it.</para>
/// <para><b>What Redis can't promise.</b> Replication is asynchronous: a failover may forget the last sessions (their users sign in again) and the last
/// touches; and it may bring back a session that was revoked a moment before. Revoke with a <see cref="RedisDurability"/>, and where a revoked session
/// must not come back under any circumstances, keep the revocation in PostgreSQL (<see cref="SignIns"/>), too.</para>
/// </remarks>
public sealed class RedisUserSessions
{
    /// <summary>The most names in a session's data.</summary>
    public const int MaxNames = 100;

    /// <summary>The longest value in a session's data, in characters.</summary>
    public const int MaxValueLength = 16_384;

    private const string Kind = "session";

    private readonly RealTimeContext _context;
    private readonly RedisSessionPolicy _policy;

    internal RedisUserSessions(RealTimeContext context, RedisSessionPolicy policy)
    {
        policy.Require();
        (_context, _policy) = (context, policy);
    }

    /// <summary>Begins a session.</summary>
    /// <param name="userId">Whose: 1 to 256 characters.</param>
    /// <param name="data">
    /// What to store with it, at most <see cref="MaxNames"/>: names of 1 to 256 characters that don't begin with '=', values of at most <see cref="MaxValueLength"/> characters. Default: nothing.
    /// </param>
    /// <param name="durability">Makes it wait for replicas; a session that they don't confirm in time exists nevertheless. Default: none.</param>
    /// <param name="cancellationToken">Stops waiting; a session that nobody knows the id of may exist then, until it ends by itself.</param>
    /// <exception cref="ArgumentException">The user's id is null or empty, or the data isn't as said.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<RedisUserSession> CreateAsync(
        string userId, IReadOnlyDictionary<string, string>? data = null, RedisDurability? durability = null, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(userId, nameof(userId));
        data ??= new Dictionary<string, string>();
        if (data.Values.Any(static value => value is null))
        {
            throw new ArgumentException("A value of the session's data is null.", nameof(data));
        }

        RequireData(data.Select(static pair => new KeyValuePair<string, string?>(pair.Key, pair.Value)), data.Count);
        var id = SessionId.New(userId, _context.NewId());
        List<RedisArgument> arguments =
            [id.Member, userId, Bounds.Milliseconds(_policy.Sliding), Bounds.Milliseconds(_policy.Absolute), _policy.MaxPerUser];
        foreach (var (name, value) in data)
        {
            arguments.AddRange([name, value]);
        }

        var (reply, _) = await _context.RunAsync(SessionScripts.Create, KeysOf(id), [.. arguments], durability, cancellationToken).ConfigureAwait(false);
        var (now, ends) = (Time(reply.AsItems()[0]), Time(reply.Items[1]));
        return new RedisUserSession(id.ToString(), userId, now, now, ends, new Dictionary<string, string>(data, StringComparer.Ordinal));
    }

    /// <summary>Reads a session and leaves its end as it is.</summary>
    /// <param name="id">Its id, as a client sent it: anything.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The session; null if there is none, it has ended, or the id is none.</returns>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<RedisUserSession?> FindAsync(string? id, CancellationToken cancellationToken = default) =>
        SessionId.TryParse(id, out var parsed)
            ? Read(parsed, await _context.RunAsync(SessionScripts.Read, KeysOf(parsed), [parsed.Member], cancellationToken).ConfigureAwait(false))
            : null;

    /// <summary>Reads a session and puts off its end.</summary>
    /// <param name="id">Its id, as a client sent it: anything.</param>
    /// <param name="cancellationToken">Stops waiting; it may be touched nevertheless.</param>
    /// <returns>The session; null if there is none, it has ended, or the id is none.</returns>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<RedisUserSession?> TouchAsync(string? id, CancellationToken cancellationToken = default) =>
        SessionId.TryParse(id, out var parsed)
            ? Read(parsed, await _context.RunAsync(SessionScripts.Touch, KeysOf(parsed), [parsed.Member, Bounds.Milliseconds(_policy.Sliding)], cancellationToken).ConfigureAwait(false))
            : null;

    /// <summary>Changes what is stored with a session, all of it at once. Of two changes of one name the later one stays.</summary>
    /// <param name="id">Its id, as a client sent it: anything.</param>
    /// <param name="changes">Names with their values, null to remove one; at most <see cref="MaxNames"/>, as <see cref="CreateAsync"/> has it.</param>
    /// <param name="cancellationToken">Stops waiting; it may be changed nevertheless.</param>
    /// <returns>False if there is no such session.</returns>
    /// <exception cref="ArgumentException">The changes aren't as said.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<bool> ChangeAsync(string? id, IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        RequireData(changes, changes.Count);
        if (!SessionId.TryParse(id, out var parsed))
        {
            return false;
        }

        List<RedisArgument> arguments = [parsed.Member, changes.Count(static change => change.Value is not null)];
        foreach (var (name, value) in changes.Where(static change => change.Value is not null))
        {
            arguments.AddRange([name, value!]);
        }

        arguments.AddRange(changes.Where(static change => change.Value is null).Select(static change => (RedisArgument)change.Key));
        return (await _context.RunAsync(SessionScripts.Change, KeysOf(parsed), [.. arguments], cancellationToken).ConfigureAwait(false)).AsBoolean();
    }

    /// <summary>Ends a session.</summary>
    /// <param name="id">Its id, as a client sent it: anything.</param>
    /// <param name="durability">Makes it wait for replicas. Default: none.</param>
    /// <param name="cancellationToken">Stops waiting; it may be ended nevertheless.</param>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<RevokedSessions> RevokeAsync(string? id, RedisDurability? durability = null, CancellationToken cancellationToken = default)
    {
        if (!SessionId.TryParse(id, out var parsed))
        {
            return default;
        }

        var (reply, replicas) = await _context.RunAsync(SessionScripts.Revoke, KeysOf(parsed), [parsed.Member], durability, cancellationToken).ConfigureAwait(false);
        return new RevokedSessions((int)reply.AsInt64(), replicas);
    }

    /// <summary>Ends all sessions of a user at once.</summary>
    /// <param name="userId">The user: 1 to 256 characters.</param>
    /// <param name="but">The id of one that stays, such as the one that asks for it. Default: none.</param>
    /// <param name="durability">Makes it wait for replicas. Default: none.</param>
    /// <param name="cancellationToken">Stops waiting; they may be ended nevertheless.</param>
    /// <exception cref="ArgumentException">The user's id is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<RevokedSessions> RevokeAllAsync(
        string userId, string? but = null, RedisDurability? durability = null, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(userId, nameof(userId));
        var stays = SessionId.TryParse(but, out var parsed) ? parsed.Member : "";
        var (reply, replicas) = await _context
            .RunAsync(SessionScripts.RevokeAll, [IndexOf(NameHash.Of(userId))], [stays], durability, cancellationToken)
            .ConfigureAwait(false);
        return new RevokedSessions((int)reply.AsInt64(), replicas);
    }

    /// <summary>How many sessions a user has.</summary>
    /// <param name="userId">The user: 1 to 256 characters.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The user's id is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<int> CountAsync(string userId, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(userId, nameof(userId));
        return (int)(await _context.RunAsync(SessionScripts.Count, [IndexOf(NameHash.Of(userId))], [], cancellationToken).ConfigureAwait(false)).AsInt64();
    }

    private static RedisUserSession? Read(SessionId id, RedisReply reply)
    {
        if (reply.IsNull)
        {
            return null;
        }

        var fields = reply.AsItems()[1].AsItems();
        Dictionary<string, string> data = new(StringComparer.Ordinal);
        var (user, created, seen) = ("", default(DateTimeOffset), default(DateTimeOffset));
        for (var at = 0; at + 1 < fields.Length; at += 2)
        {
            switch (fields[at].AsString())
            {
                case "=user":
                    user = fields[at + 1].AsString()!;
                    break;
                case "=created":
                    created = Time(fields[at + 1]);
                    break;
                case "=seen":
                    seen = Time(fields[at + 1]);
                    break;
                case { } name when !name.StartsWith('='):
                    data[name] = fields[at + 1].AsString()!;
                    break;
                default:
                    break;
            }
        }

        return new RedisUserSession(id.ToString(), user, created, seen, Time(reply.Items[0]), data);
    }

    private static void RequireData(IEnumerable<KeyValuePair<string, string?>> data, int count)
    {
        if (count > MaxNames
            || data.Any(static pair => pair.Key.Length is < 1 or > KeySpace.MaxNameLength || pair.Key[0] == '=' || pair.Value?.Length > MaxValueLength))
        {
            throw new ArgumentException("A name or a value of the session's data is too long or malformed, or there are too many.", nameof(data));
        }
    }

    private static DateTimeOffset Time(RedisReply milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.AsInt64());

    private RedisArgument[] KeysOf(SessionId id) => [_context.Keys.Key(Kind, id.User, id.Member), IndexOf(id.User)];

    private RedisArgument IndexOf(string user) => _context.Keys.Key(Kind, user, "all");
}
