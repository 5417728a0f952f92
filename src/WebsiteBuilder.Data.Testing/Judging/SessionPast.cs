using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>What a session's past demands of a key.</summary>
internal readonly record struct SessionDemand(long Written, long Read, long WrittenBefore, long SeenBefore)
{
    public long Highest => Math.Max(Math.Max(Written, Read), Math.Max(WrittenBefore, SeenBefore));

    public long this[Guarantee guarantee] => guarantee switch
    {
        Guarantee.ReadYourWrites => Written,
        Guarantee.MonotonicReads => Read,
        Guarantee.MonotonicWrites => WrittenBefore,
        _ => SeenBefore,
    };

    public SessionDemand With(SessionAuthor author, int key) => this with
    {
        WrittenBefore = Math.Max(WrittenBefore, author.Written[key]),
        SeenBefore = Math.Max(SeenBefore, author.Seen[key]),
    };
}

/// <summary>
/// A write, with what whoever sees it must see too: its author's earlier writes, and what its author had seen. Of both what survived: a lost
/// version can't be demanded of somebody who never met it.
/// </summary>
internal sealed record SessionAuthor(int Session, int Key, long[] Written, long[] Seen);

/// <summary>
/// A session as vectors with a version per key: what it wrote, what it read, what the authors of the writes that it saw had written before,
/// and what those authors had seen. What was lost is kept apart, so that it can be forgotten.
/// </summary>
internal sealed class SessionPast(int[] shards, bool isOneShard)
{
    private readonly long[] _written = new long[shards.Length];
    private readonly long[] _read = new long[shards.Length];
    private readonly long[] _writtenBefore = new long[shards.Length];
    private readonly long[] _seenBefore = new long[shards.Length];

    // Who reads a version again learns nothing of its author.
    private readonly SessionAuthor?[] _taken = new SessionAuthor?[shards.Length];

    // Most sessions lose nothing.
    private long[]? _lostWritten;
    private long[]? _lostRead;

    public SessionDemand this[int key] => new(
        Math.Max(_written[key], _lostWritten?[key] ?? 0), Math.Max(_read[key], _lostRead?[key] ?? 0), _writtenBefore[key], _seenBefore[key]);

    public void Writes(int key, long version) => Raise(_written, ref _lostWritten, key, version);

    public void Reads(int key, long version) => Raise(_read, ref _lostRead, key, version);

    public SessionPast Copy()
    {
        var copy = new SessionPast(shards, isOneShard);
        copy.Take(this);
        return copy;
    }

    public void Take(SessionPast other)
    {
        Raise(_written, other._written);
        Raise(_read, other._read);
        Raise(_writtenBefore, other._writtenBefore);
        Raise(_seenBefore, other._seenBefore);
        Raise(ref _lostWritten, other._lostWritten);
        Raise(ref _lostRead, other._lostRead);
    }

    /// <summary>
    /// Tokens hold a position per shard, and a shard's log knows nothing of the others: what an author had met elsewhere isn't promised.
    /// </summary>
    public void Take(SessionAuthor author)
    {
        if (ReferenceEquals(_taken[author.Key], author))
        {
            return;
        }

        _taken[author.Key] = author;
        if (isOneShard)
        {
            Raise(_writtenBefore, author.Written);
            Raise(_seenBefore, author.Seen);
            return;
        }

        for (var key = 0; key < shards.Length; key++)
        {
            if (shards[key] == shards[author.Key])
            {
                _writtenBefore[key] = Math.Max(_writtenBefore[key], author.Written[key]);
                _seenBefore[key] = Math.Max(_seenBefore[key], author.Seen[key]);
            }
        }
    }

    public SessionAuthor Author(int session, int key)
    {
        var seen = (long[])_read.Clone();
        Raise(seen, _writtenBefore);
        Raise(seen, _seenBefore);
        return new SessionAuthor(session, key, (long[])_written.Clone(), seen);
    }

    public void Forget(int shard)
    {
        for (var key = 0; key < shards.Length; key++)
        {
            if (shards[key] == shard)
            {
                _lostWritten?[key] = 0;
                _lostRead?[key] = 0;
            }
        }
    }

    private void Raise(long[] survived, ref long[]? lost, int key, long version)
    {
        var vector = Observation.IsLost(version) ? lost ??= new long[shards.Length] : survived;
        vector[key] = Math.Max(vector[key], version);
    }

    private static void Raise(ref long[]? target, long[]? values)
    {
        if (values is not null)
        {
            Raise(target ??= new long[values.Length], values);
        }
    }

    // A judge runs once per history: compiled in tiers, it would be done before it is fast.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Raise(long[] target, long[] values)
    {
        var wide = MemoryMarshal.Cast<long, Vector<long>>(target.AsSpan());
        var other = MemoryMarshal.Cast<long, Vector<long>>(values.AsSpan());
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = Vector.Max(wide[i], other[i]);
        }

        for (var i = wide.Length * Vector<long>.Count; i < target.Length; i++)
        {
            target[i] = Math.Max(target[i], values[i]);
        }
    }
}
