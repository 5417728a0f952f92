using System.Diagnostics.CodeAnalysis;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The reads that go out together, or one that goes alone. Guarded by its owner; used again and again.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer whose wait handle nobody asks for has nothing to dispose of.")]
internal sealed class SharedRoundTrip<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private readonly CancellationTokenSource _everybodyLeft = new();
    private readonly List<PointRead<TEntity, TKey>> _reads = [];
    private volatile bool _hasLeft;
    private int _waiting;
    private bool _isCancelled;

    public CancellationToken Token => _everybodyLeft.Token;

    public IReadOnlyList<PointRead<TEntity, TKey>> Reads => _reads;

    public int Count => _reads.Count;

    /// <summary>Whether whoever sent it is back from that, so that its answer can't come on the stack of somebody who asks.</summary>
    public bool HasLeft
    {
        get => _hasLeft;
        set => _hasLeft = value;
    }

    public void Add(PointRead<TEntity, TKey> read)
    {
        _reads.Add(read);
        read.RoundTrip = this;
        _waiting++;
    }

    /// <summary>One of them waits no longer. With the last one the source is returned that stops the round trip.</summary>
    public CancellationTokenSource? Leave()
    {
        _isCancelled |= --_waiting == 0;
        return _isCancelled ? _everybodyLeft : null;
    }

    /// <summary>Forgets them; false if it was stopped, so that it can't be used again.</summary>
    public bool TryReset()
    {
        foreach (var read in _reads)
        {
            read.RoundTrip = null;
        }

        _reads.Clear();
        _waiting = 0;
        return !_isCancelled && _everybodyLeft.TryReset();
    }

    /// <summary>What all of them need.</summary>
    public ReadGuard Guard()
    {
        var guard = _reads[0].Guard;
        for (var i = 1; i < _reads.Count; i++)
        {
            guard = guard.And(_reads[i].Guard);
        }

        return guard;
    }

    public TKey[] Keys()
    {
        var keys = new TKey[_reads.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = _reads[i].Key;
        }

        return keys;
    }
}
