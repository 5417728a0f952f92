namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Invocations and completions in the order of time, as a linked list out of which an operation can be lifted and put back where it was
/// (Lowe 2017). An entry below the number of operations is that operation's invocation, one from there on a completion.
/// </summary>
internal sealed class EventList
{
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _rank;
    private readonly int _known;
    private readonly int _operations;

    /// <param name="calls">The operations, first those of known outcome.</param>
    /// <param name="known">How many of them are.</param>
    public EventList(Call[] calls, int known)
    {
        _known = known;
        _operations = calls.Length;
        Pending = known;

        // What touches at an instant overlaps: nobody is accused because a clock is coarse.
        int[] entries =
        [
            .. Enumerable.Range(0, _operations + known)
                .OrderBy(entry => entry < _operations ? calls[entry].Invoked : calls[entry - _operations].Completed)
                .ThenBy(static entry => entry),
        ];
        var head = _operations + known;
        _next = new int[head + 1];
        _previous = new int[head + 1];
        _rank = new int[head];
        var last = head;
        for (var i = 0; i < entries.Length; i++)
        {
            _rank[entries[i]] = i;
            Link(last, entries[i]);
            last = entries[i];
        }

        Link(last, head);
    }

    /// <summary>How many operations of known outcome are in the list.</summary>
    public int Pending { get; private set; }

    public int First => _next[^1];

    public bool IsInvocation(int entry) => entry < _operations;

    public int OperationOf(int entry) => entry - _operations;

    public int Next(int entry) => _next[entry];

    public int CompareCompletions(int one, int other) => _rank[one + _operations].CompareTo(_rank[other + _operations]);

    public void Lift(int operation)
    {
        Cut(operation);
        if (operation < _known)
        {
            Cut(operation + _operations);
            Pending--;
        }
    }

    /// <summary>Undoes the last lift.</summary>
    public void Unlift(int operation)
    {
        if (operation < _known)
        {
            Restore(operation + _operations);
            Pending++;
        }

        Restore(operation);
    }

    private void Link(int one, int other)
    {
        _next[one] = other;
        _previous[other] = one;
    }

    private void Cut(int entry) => Link(_previous[entry], _next[entry]);

    private void Restore(int entry)
    {
        _next[_previous[entry]] = entry;
        _previous[_next[entry]] = entry;
    }
}
