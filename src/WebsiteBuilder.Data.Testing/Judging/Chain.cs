namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>Looks for the shortest way on which a session came to owe a version: by itself, by merges, or by reading what others wrote.</summary>
internal sealed class Chain
{
    private readonly IReadOnlyList<Operation> _history;
    private readonly int _key;
    private readonly long _version;
    private readonly ILookup<int, int> _sessions;
    private readonly Dictionary<(int Key, long Version), int> _writers = [];

    public Chain(IReadOnlyList<Operation> history, int key, long version)
    {
        _history = history;
        _key = key;
        _version = version;
        _sessions = Enumerable.Range(0, history.Count).ToLookup(i => history[i].Session);
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Kind: OperationKind.Write, Observations: [var written, ..] })
            {
                _writers.TryAdd((written.Key, written.Versions[0]), i);
            }
        }
    }

    /// <summary>The operations along the way, those of the first and the last session included; empty if there is none.</summary>
    public IReadOnlyList<int> To(int operation)
    {
        var reached = new HashSet<(int Session, int Until)>();
        var open = new Queue<Step>();
        Go(_history[operation].Session, operation, null, []);
        Follow(operation, null);
        while (open.TryDequeue(out var step))
        {
            var past = _sessions[step.Session].Where(i => History.Precedes(_history, i, step.Until)).ToList();
            foreach (var i in past.Where(i => History.Shows(_history[i], _key, _version)).Take(1))
            {
                return [i, .. step.Links()];
            }

            foreach (var i in past)
            {
                if (_history[i].Kind == OperationKind.Merge)
                {
                    Go(_history[i].Other, i, step, [i]);
                }

                Follow(i, step);
            }
        }

        return [];

        void Follow(int read, Step? before)
        {
            foreach (var seen in _history[read].Observations)
            {
                if (_history[read].Kind == OperationKind.Read && seen.IsExact && _writers.TryGetValue((seen.Key, seen.Versions[0]), out var write))
                {
                    Go(_history[write].Session, write, before, [read, write]);
                }
            }
        }

        void Go(int session, int until, Step? before, int[] links)
        {
            if (reached.Add((session, until)))
            {
                open.Enqueue(new Step(session, until, before, links));
            }
        }
    }

    /// <summary>The past of a session until an operation, and the operations that led there.</summary>
    private sealed record Step(int Session, int Until, Step? Before, int[] By)
    {
        public IEnumerable<int> Links()
        {
            for (var step = this; step is not null; step = step.Before)
            {
                foreach (var link in step.By)
                {
                    yield return link;
                }
            }
        }
    }
}
