using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Keys and values that every region has a copy of: read and written in the local region, without a trip elsewhere, and copied between regions afterwards; of concurrent writes
/// of one key the last one stays. For settings, flags and preferences. Thread-safe.
/// </summary>
/// <remarks>
/// <para><b>What is promised.</b> A region reads its own writes at once. When every region has copied from the others, all have the same, in whatever order, however often, and
/// over whichever regions entries came: of each key the entry with the greatest stamp (last writer wins: Johnson and Thomas, RFC 677, 1975; as a state-based replicated type: Shapiro, Preguiça,
/// Baquero and Zawirski, INRIA RR-7506, 2011). Stamps are by hybrid logical clock (Kulkarni et al., OPODIS 2014): whoever writes after having seen a value in his region wins over it,
/// however wrong the clocks are.</para>
/// <para><b>Wrong clocks.</b> A region takes nothing over that is further ahead of its own server's clock than <see cref="GlobalKeysPolicy.MaxClockSkew"/>, so that one wrong clock doesn't become all regions'. What is
/// refused waits: for its time, or, once the clock that was wrong is right, for <see cref="RestampAsync"/> in its region.</para>
/// <para><b>What is not.</b> Of two writes that know nothing of each other one is dropped without a word; which one is for the clocks of the two regions to say. What a region wrote
/// and hasn't been copied is lost with its Redis; what had been copied comes back by the next full copy. Session tokens say nothing of it. There is no list of keys.</para>
/// <para>Keys are 1 to 256 characters, values up to <see cref="MaxValueLength"/> bytes. Keys of a jurisdiction stay there: it is checked when this is made, and again by each region's Redis,
/// which keeps for which jurisdiction a name was first used.</para>
/// </remarks>
public sealed class GlobalKeys
{
    /// <summary>The longest value, in bytes.</summary>
    public const int MaxValueLength = 64 * 1024;

    private readonly GlobalShelf _local;
    private readonly GlobalShelf[] _others;
    private readonly GlobalKeysPolicy _policy;
    private readonly RealTimeContext _context;

    internal GlobalKeys(RealTimeContext context, GlobalShelf local, GlobalShelf[] others, GlobalKeysPolicy policy) =>
        (_context, _local, _others, _policy) = (context, local, others, policy);

    /// <summary>Reads a key in the local region.</summary>
    /// <param name="key">The key: 1 to 256 characters.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The entry; null if there is none, or its deletion is what is known last.</returns>
    /// <exception cref="ArgumentException">The key is null, empty or too long.</exception>
    /// <exception cref="InvalidOperationException">The name's keys are of another jurisdiction there.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<GlobalEntry?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(key, nameof(key));
        var entry = await _local.GetAsync(key, cancellationToken).ConfigureAwait(false);
        return entry?.Value is { } value ? Of(key, entry, value) : null;
    }

    /// <summary>Writes a key in the local region.</summary>
    /// <param name="key">The key: 1 to 256 characters.</param>
    /// <param name="value">The value: at most <see cref="MaxValueLength"/> bytes.</param>
    /// <param name="cancellationToken">Stops waiting; it may be written nevertheless.</param>
    /// <returns>The entry as it is here now.</returns>
    /// <exception cref="ArgumentException">The key is null, empty or too long, or the value is.</exception>
    /// <exception cref="InvalidOperationException">The name's keys are of another jurisdiction there.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task<GlobalEntry> SetAsync(string key, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(key, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxValueLength, nameof(value));
        return Of(key, await _local.WriteAsync(key, value, cancellationToken).ConfigureAwait(false), value);
    }

    /// <summary>Deletes a key in the local region. Regions that still have it learn of it for as long as <see cref="GlobalKeysPolicy.TombstoneLife"/>.</summary>
    /// <param name="key">The key: 1 to 256 characters.</param>
    /// <param name="cancellationToken">Stops waiting; it may be deleted nevertheless.</param>
    /// <exception cref="ArgumentException">The key is null, empty or too long.</exception>
    /// <exception cref="InvalidOperationException">The name's keys are of another jurisdiction there.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(key, nameof(key));
        await _local.WriteAsync(key, value: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Takes into the local region what the others have, once. Any process of the region may do so at any time, several at once too; it may stop anywhere and be begun anew.
    /// </summary>
    /// <param name="isFull">Whether everything is compared, rather than what has changed since the last copy. Default: false.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What it did. A region that can't be reached is left for the next time; one that is out of touch is left until one of the two begins anew (<see cref="BeginAnewAsync"/>).</returns>
    /// <exception cref="InvalidOperationException">The name's keys are of another jurisdiction in one of the regions.</exception>
    /// <exception cref="RedisFaultException">The local Redis, or another one, refuses, and that won't pass.</exception>
    public async Task<GlobalCopy> CopyAsync(bool isFull = false, CancellationToken cancellationToken = default)
    {
        var copies = await Task.WhenAll(_others.Select(async other =>
        {
            GlobalCopy sum = default;
            for (var partition = 0; partition < _policy.Partitions; partition++)
            {
                sum = sum.Add(await TryCopyAsync(other, partition, isFull, looksFirst: false, cancellationToken).ConfigureAwait(false));
            }

            return sum.OfOneRegion();
        })).ConfigureAwait(false);
        return copies.Aggregate(default(GlobalCopy), static (sum, copy) => sum.Add(copy));
    }

    /// <summary>
    /// Copies again and again until it is cancelled, from each region by itself: one that is away or slow doesn't hold up the others. At least one process of each region must run it; the others need not, and
    /// may. That entries are refused, or a region is out of touch, is logged when it begins and ends.
    /// </summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">As for <see cref="CopyAsync"/>.</exception>
    /// <exception cref="RedisFaultException">As for <see cref="CopyAsync"/>.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] following = [_context.Runtime.NewCompletion().Task.WaitAsync(stop.Token), .. _others.Select(other => FollowAsync(other, stop.Token))];
        var ended = await Task.WhenAny(following).ConfigureAwait(false);
        await _context.Runtime.CancelAsync(stop).ConfigureAwait(false);
        await Task.WhenAll(following).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        await ended.ConfigureAwait(false);
    }

    /// <summary>
    /// Gives all entries of the local region whose stamps are further ahead of its server's clock than <see cref="GlobalKeysPolicy.MaxClockSkew"/> stamps of now, so that the other regions take them. For when
    /// that clock was ahead and is right again; deletions must come to the others so before this region forgets them, else it is out of touch with those that refused them. Where the clock is behind instead it does
    /// harm: what it restamps, though newer, loses against what the others have.
    /// </summary>
    /// <param name="cancellationToken">Stops it; it may be begun anew.</param>
    /// <returns>How many entries got a new stamp.</returns>
    /// <exception cref="InvalidOperationException">The name's keys are of another jurisdiction there.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task<long> RestampAsync(CancellationToken cancellationToken = default)
    {
        var sum = 0L;
        for (var partition = 0; partition < _policy.Partitions; partition++)
        {
            sum += await _local.RestampAsync(partition, cancellationToken).ConfigureAwait(false);
        }

        return sum;
    }

    /// <summary>
    /// Empties the local region's copy, and takes everything in from the other regions with the next copy. For one that is out of touch (<see cref="GlobalCopy.OutOfTouch"/>): nobody copies from it, nor it from them.
    /// It belongs in the region that was away for longer than <see cref="GlobalKeysPolicy.TombstoneLife"/>, since what it has may have been deleted elsewhere long ago; or in the one whose Redis' clock was ahead, so that
    /// it forgot deletions too early or stamped them so that the others refused them, or behind, so that it refused theirs: there once that clock is right. What only that region had is gone; where that was a deletion, the
    /// value is there again, in all regions.
    /// </summary>
    /// <remarks>Begun anew elsewhere, a copy takes in what was deleted from a third region that is out of touch, too, and hands it on.</remarks>
    /// <param name="cancellationToken">Stops it; it may be done anew.</param>
    /// <exception cref="InvalidOperationException">The name's keys are of another jurisdiction there.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked; a part may be empty already.</exception>
    public async Task BeginAnewAsync(CancellationToken cancellationToken = default)
    {
        for (var partition = 0; partition < _policy.Partitions; partition++)
        {
            await _local.BeginAsync(partition, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(GlobalShelf other, CancellationToken cancellationToken)
    {
        // When each part is to be compared as a whole.
        var due = new TimeSpan[_policy.Partitions];

        // Of which parts something was refused, and nothing since has shown that it came: only a copy of everything does.
        var refused = new bool[_policy.Partitions];
        var (wasRefused, wasOut) = (false, false);
        while (true)
        {
            GlobalCopy sum = default;
            for (var partition = 0; partition < due.Length; partition++)
            {
                var now = _context.Runtime.Now;
                var isFull = now >= due[partition];
                var copy = await TryCopyAsync(other, partition, isFull, wasOut, cancellationToken).ConfigureAwait(false);
                if (isFull && copy.Unreachable == 0)
                {
                    due[partition] = now + _policy.FullInterval;
                }

                if (copy.Refused > 0)
                {
                    // Its place in the order of changes has gone by.
                    var again = now + (copy.Wait > _policy.MaxClockSkew ? copy.Wait : _policy.MaxClockSkew);
                    due[partition] = again < due[partition] ? again : due[partition];
                }

                refused[partition] = copy.Refused > 0 || (refused[partition] && !(isFull && copy is { Unreachable: 0, OutOfTouch: 0 }));
                sum = sum.Add(copy);
            }

            Report(other, sum.OfOneRegion(), Array.IndexOf(refused, value: true) >= 0, ref wasRefused, ref wasOut);
            await _context.Runtime.Delay(_context.Runtime.Jitter(_policy.Interval), cancellationToken).ConfigureAwait(false);
        }
    }

    private void Report(GlobalShelf other, GlobalCopy copy, bool isRefused, ref bool wasRefused, ref bool wasOut)
    {
        if (isRefused != wasRefused)
        {
            wasRefused = !wasRefused;
            Log.GlobalKeysRefused(_context.Logger, other.Region.ToString(), copy.Refused);
        }

        if (copy.Unreachable == 0 && copy.OutOfTouch > 0 != wasOut)
        {
            wasOut = !wasOut;
            Log.GlobalKeysOutOfTouch(_context.Logger, other.Region.ToString(), wasOut);
        }
    }

    private async Task<GlobalCopy> TryCopyAsync(GlobalShelf other, int partition, bool isFull, bool looksFirst, CancellationToken cancellationToken)
    {
        try
        {
            return await _local.CopyAsync(other, partition, isFull, looksFirst, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            return new GlobalCopy(0, 0, 1);
        }
    }

    private static GlobalEntry Of(string key, StampedEntry entry, ReadOnlyMemory<byte> value) =>
        new(key, value, DateTimeOffset.FromUnixTimeMilliseconds(entry.Time.Milliseconds), entry.Region);
}
