using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Who is where: which users have which project open, with a state that others see (cursor, selection). Whoever isn't heard of for too long is gone.
/// By the server's clock, one round trip each; a place has a hash slot of its own. Thread-safe.
/// </summary>
/// <remarks>
/// <para>A list is exact at the primary at the moment it is made. Changes travel by pub/sub: <b>at most once</b>. A watcher that may have missed some gets
/// everybody anew. Of those who fall silent the change is sent once somebody asks about the place or a watcher looks after it, which each does every half
/// <see cref="PresencePolicy.Expiry"/>; so at the latest after one and a half.</para>
/// <para>A failover may forget the last changes; the next <see cref="HeartbeatAsync"/> of each connection puts it right.</para>
/// </remarks>
public sealed class RedisPresence
{
    /// <summary>The longest state, in bytes.</summary>
    public const int MaxState = 16 * 1024;

    private const string Kind = "presence";

    private readonly RealTimeContext _context;
    private readonly PresencePolicy _policy;

    internal RedisPresence(RealTimeContext context, PresencePolicy policy)
    {
        policy.Require();
        (_context, _policy) = (context, policy);
    }

    /// <summary>Comes to a place, or says that one is still there: call it every third of <see cref="PresencePolicy.Expiry"/>.</summary>
    /// <param name="place">The place, such as a project: 1 to 256 characters.</param>
    /// <param name="userId">Who: 1 to 256 characters.</param>
    /// <param name="connectionId">Over which connection, which one user has to himself: 1 to 256 characters.</param>
    /// <param name="state">What others are to see, at most <see cref="MaxState"/> bytes. Others are told if it is another than before. Default: nothing.</param>
    /// <param name="cancellationToken">Stops waiting; he may be there nevertheless.</param>
    /// <returns>How many connections are there, this one included.</returns>
    /// <exception cref="ArgumentException">A name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A name or the state is too long.</exception>
    /// <exception cref="ThrottledException">The place is full: <see cref="PresencePolicy.MaxPerPlace"/>.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<int> HeartbeatAsync(
        string place, string userId, string connectionId, ReadOnlyMemory<byte> state = default, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(place, nameof(place));
        KeySpace.RequireName(userId, nameof(userId));
        KeySpace.RequireName(connectionId, nameof(connectionId));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(state.Length, MaxState, nameof(state));
        var count = (await _context.RunAsync(
            PresenceScripts.Heartbeat,
            KeysOf(place),
            [Topic(place), connectionId, PresenceFrame.Encode(new PresenceEntry(userId, connectionId, state)), Bounds.Milliseconds(_policy.Expiry), _policy.MaxPerPlace],
            cancellationToken).ConfigureAwait(false)).AsInt64();
        return count >= 0
            ? (int)count
            : throw new ThrottledException("The place has as many connections as it may have.") { Disposition = WriteDisposition.NotApplied };
    }

    /// <summary>Leaves a place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="connectionId">The connection.</param>
    /// <param name="cancellationToken">Stops waiting; he may have left nevertheless.</param>
    /// <returns>Whether he was there.</returns>
    /// <exception cref="ArgumentException">A name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked: he is gone when his time is up.</exception>
    public async ValueTask<bool> LeaveAsync(string place, string connectionId, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(place, nameof(place));
        KeySpace.RequireName(connectionId, nameof(connectionId));
        return (await _context.RunAsync(PresenceScripts.Leave, KeysOf(place), [Topic(place), connectionId], cancellationToken).ConfigureAwait(false)).AsBoolean();
    }

    /// <summary>Who is at a place, in no order.</summary>
    /// <param name="place">The place.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<IReadOnlyList<PresenceEntry>> ListAsync(string place, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(place, nameof(place));
        var reply = await _context.RunAsync(PresenceScripts.List, KeysOf(place), [Topic(place)], cancellationToken).ConfigureAwait(false);
        List<PresenceEntry> entries = [];
        foreach (var item in reply.AsItems())
        {
            if (PresenceFrame.TryDecode(item.AsBytes(), out var entry))
            {
                entries.Add(entry);
            }
        }

        return entries;
    }

    /// <summary>
    /// Everybody at a place, and then each change, until it is cancelled or no longer enumerated. It goes on over lost connections and failovers: then
    /// everybody comes anew. A change that is in that list already may come after it.
    /// </summary>
    /// <param name="place">The place.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long; thrown when the enumeration begins.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked and that won't pass.</exception>
    public async IAsyncEnumerable<PresenceChange> WatchAsync(string place, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(place, nameof(place));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var messages = _context.Channel.SubscribeAsync(RedisTopic.Named(Topic(place)), stop.Token).GetAsyncEnumerator(stop.Token);
        var next = messages.MoveNextAsync().AsTask();
        var (listens, isKnown) = (false, false);
        try
        {
            while (true)
            {
                // Whoever falls silent is noticed by those who ask.
                await _context.Runtime.PauseAsync(next, listens && !isKnown ? TimeSpan.FromMilliseconds(50) : _policy.Expiry / 2, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                PresenceChange? change = null;
                if (next.IsCompleted)
                {
                    if (!await next.ConfigureAwait(false))
                    {
                        yield break;
                    }

                    var message = messages.Current;
                    next = messages.MoveNextAsync().AsTask();
                    switch (message.Kind)
                    {
                        case RedisMessageKind.Message:
                            change = isKnown && PresenceFrame.TryDecodeChange(message.Payload, out var told) ? told : null;
                            break;
                        case RedisMessageKind.Interrupted:
                            (listens, isKnown) = (false, false);
                            break;
                        default:
                            (listens, isKnown) = (true, false);
                            break;
                    }
                }

                if (change is { } one)
                {
                    yield return one;
                }
                else if (listens && await TryListAsync(place, cancellationToken).ConfigureAwait(false) is { } everybody && !isKnown)
                {
                    isKnown = true;
                    yield return new PresenceChange(PresenceChangeKind.Everybody, everybody);
                }
            }
        }
        finally
        {
            // It may not be disposed of while it moves.
            await _context.Runtime.CancelAsync(stop).ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await messages.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<IReadOnlyList<PresenceEntry>?> TryListAsync(string place, CancellationToken cancellationToken)
    {
        try
        {
            return await ListAsync(place, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            return null;
        }
    }

    private RedisArgument[] KeysOf(string place) => [_context.Keys.Key(Kind, place, "ends"), _context.Keys.Key(Kind, place, "who")];

    private string Topic(string place) => _context.Keys.Topic(Kind, place);
}
