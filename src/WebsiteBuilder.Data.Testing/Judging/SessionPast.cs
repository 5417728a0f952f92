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
internal sealed record SessionAuthor(int Session, int Shard, long[] Written, long[] Seen);

/// <summary>
/// A session as vectors with a version per key: what it wrote, what it read, what the authors of the writes that it saw had written before,
/// and what those authors had seen. What was lost is kept apart, so that it can be forgotten.
/// </summary>
internal sealed class SessionPast(int[] shards)
{
    private readonly long[] _written = new long[shards.Length];
    private readonly long[] _read = new long[shards.Length];
    private readonly long[] _writtenBefore = new long[shards.Length];
    private readonly long[] _seenBefore = new long[shards.Length];

    // Most sessions lose nothing.
    private long[]? _lostWritten;
    private long[]? _lostRead;

    public SessionDemand this[int key] => new(
        Math.Max(_written[key], _lostWritten?[key] ?? 0), Math.Max(_read[key], _lostRead?[key] ?? 0), _writtenBefore[key], _seenBefore[key]);

    public void Writes(int key, long version) => Raise(_written, ref _lostWritten, key, version);

    public void Reads(int key, long version) => Raise(_read, ref _lostRead, key, version);

    public SessionPast Copy()
    {
        var copy = new SessionPast(shards);
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
        for (var key = 0; key < shards.Length; key++)
        {
            if (shards[key] == author.Shard)
            {
                _writtenBefore[key] = Math.Max(_writtenBefore[key], author.Written[key]);
                _seenBefore[key] = Math.Max(_seenBefore[key], author.Seen[key]);
            }
        }
    }

    public SessionAuthor Author(int session, int shard)
    {
        var seen = new long[shards.Length];
        for (var key = 0; key < seen.Length; key++)
        {
            seen[key] = Math.Max(_read[key], Math.Max(_writtenBefore[key], _seenBefore[key]));
        }

        return new SessionAuthor(session, shard, [.. _written], seen);
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

    private static void Raise(long[] target, long[] values)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = Math.Max(target[i], values[i]);
        }
    }
}
