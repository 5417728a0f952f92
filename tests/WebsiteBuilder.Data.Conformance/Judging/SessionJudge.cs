namespace WebsiteBuilder.Data.Conformance.Judging;

/// <summary>
/// Finds every read and write of a history that breaks a session guarantee. Pure. Keys are numbered from 0.
/// </summary>
/// <remarks>
/// The history is walked once, along the clock. A session is four vectors with a version per key: what it wrote, what it read, what the
/// authors of the writes that it saw had written before, and what those authors had seen. A write carries its author's vectors of the moment
/// of its invocation, which makes the rule transitive. That is operations × keys in time, and writes × keys in memory.
/// </remarks>
public static class SessionJudge
{
    private static readonly Guarantee[] Guarantees = Enum.GetValues<Guarantee>();

    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history)
    {
        var keys = history.SelectMany(static operation => operation.Observations).Select(static seen => seen.Key).DefaultIfEmpty(-1).Max() + 1;
        var walk = new Walk(history, keys);
        foreach (var moment in Moments(history))
        {
            walk.Take(moment);
        }

        return walk.Violations;
    }

    /// <summary>Invocations and completions in the order of time; those of one moment in the order of the history.</summary>
    private static List<Moment> Moments(IReadOnlyList<Operation> history)
    {
        var moments = new List<Moment>(history.Count * 2);
        for (var i = 0; i < history.Count; i++)
        {
            moments.Add(new Moment(history[i].Invoked, i, Completes: false));
            moments.Add(new Moment(history[i].Completed, i, Completes: true));
        }

        moments.Sort(static (one, other) => (one.At, one.Operation, one.Completes).CompareTo((other.At, other.Operation, other.Completes)));
        return moments;
    }

    private readonly record struct Moment(TimeSpan At, int Operation, bool Completes);

    /// <summary>What a session's past demands of a key.</summary>
    private readonly record struct Demand(long Written, long Read, long WrittenBefore, long SeenBefore)
    {
        public long Highest => Math.Max(Math.Max(Written, Read), Math.Max(WrittenBefore, SeenBefore));

        public long this[Guarantee guarantee] => guarantee switch
        {
            Guarantee.ReadYourWrites => Written,
            Guarantee.MonotonicReads => Read,
            Guarantee.MonotonicWrites => WrittenBefore,
            _ => SeenBefore,
        };
    }

    /// <summary>A write, with what whoever sees it must see too: its author's earlier writes, and what its author had seen.</summary>
    private sealed record Author(int Session, long[] Written, long[] Seen);

    private sealed class Past(int keys)
    {
        public long[] Written { get; private init; } = new long[keys];

        public long[] Read { get; private init; } = new long[keys];

        public long[] WrittenBefore { get; private init; } = new long[keys];

        public long[] SeenBefore { get; private init; } = new long[keys];

        public Demand this[int key] => new(Written[key], Read[key], WrittenBefore[key], SeenBefore[key]);

        public Past Copy() => new(0)
        {
            Written = [.. Written],
            Read = [.. Read],
            WrittenBefore = [.. WrittenBefore],
            SeenBefore = [.. SeenBefore],
        };

        public void Take(Past other)
        {
            Raise(Written, other.Written);
            Raise(Read, other.Read);
            Raise(WrittenBefore, other.WrittenBefore);
            Raise(SeenBefore, other.SeenBefore);
        }

        public void Take(Author author)
        {
            Raise(WrittenBefore, author.Written);
            Raise(SeenBefore, author.Seen);
        }

        public Author Writes(int session)
        {
            long[] seen = [.. Read];
            Raise(seen, WrittenBefore);
            Raise(seen, SeenBefore);
            return new Author(session, [.. Written], seen);
        }

        private static void Raise(long[] target, long[] values)
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = Math.Max(target[i], values[i]);
            }
        }
    }

    private sealed class Walk(IReadOnlyList<Operation> history, int keys)
    {
        private readonly Dictionary<int, Past> _pasts = [];
        private readonly Dictionary<(int Key, long Version), Author> _authors = [];
        private readonly Dictionary<int, Demand[]> _demands = [];
        private readonly Dictionary<int, Past> _merging = [];

        public List<Violation> Violations { get; } = [];

        public void Take(Moment moment)
        {
            var operation = history[moment.Operation];
            switch (operation.Kind, moment.Completes)
            {
                case (OperationKind.Read, false):
                    _demands[moment.Operation] = [.. operation.Observations.Select(seen => PastOf(operation.Session)[seen.Key])];
                    break;
                case (OperationKind.Read, true):
                    Read(moment.Operation, operation);
                    break;
                case (OperationKind.Write, false):
                    Write(moment.Operation, operation);
                    break;
                case (OperationKind.Write, true) when operation.Acknowledged:
                    var written = operation.Observations[0];
                    Raise(PastOf(operation.Session).Written, written.Key, written.Versions[0]);
                    break;
                case (OperationKind.Merge, false):
                    _merging[moment.Operation] = PastOf(operation.Other).Copy();
                    break;
                case (OperationKind.Merge, true):
                    _merging.Remove(moment.Operation, out var other);
                    PastOf(operation.Session).Take(other!);
                    break;
            }
        }

        private static void Raise(long[] vector, int key, long version) => vector[key] = Math.Max(vector[key], version);

        private Past PastOf(int session) =>
            _pasts.TryGetValue(session, out var past) ? past : _pasts[session] = new Past(keys);

        private void Read(int index, Operation operation)
        {
            _demands.Remove(index, out var demands);
            var authors = Authors(operation);
            var past = PastOf(operation.Session);
            for (var i = 0; i < demands!.Length; i++)
            {
                var seen = operation.Observations[i];
                var demand = demands[i];
                foreach (var author in authors)
                {
                    demand = demand with
                    {
                        WrittenBefore = Math.Max(demand.WrittenBefore, author.Written[seen.Key]),
                        SeenBefore = Math.Max(demand.SeenBefore, author.Seen[seen.Key]),
                    };
                }

                Raise(past.Read, seen.Key, Check(index, seen, demand));
            }

            foreach (var author in authors)
            {
                past.Take(author);
            }
        }

        /// <summary>The writes of others that a read saw. What the own ones depend on is in the own past anyway.</summary>
        private List<Author> Authors(Operation operation)
        {
            var authors = new List<Author>(operation.Observations.Count);
            foreach (var seen in operation.Observations)
            {
                if (seen.IsExact && _authors.TryGetValue((seen.Key, seen.Versions[0]), out var author) && author.Session != operation.Session)
                {
                    authors.Add(author);
                }
            }

            return authors;
        }

        /// <summary>Believes the lowest version that keeps everything, else the highest, which keeps the most.</summary>
        private long Check(int index, Observation seen, Demand demand)
        {
            foreach (var version in seen.Versions)
            {
                if (version >= demand.Highest)
                {
                    return version;
                }
            }

            var best = seen.Versions[^1];
            foreach (var guarantee in Guarantees)
            {
                if (best < demand[guarantee])
                {
                    Violations.Add(new Violation(guarantee, index, seen.Key, best, demand[guarantee]));
                }
            }

            return best;
        }

        private void Write(int index, Operation operation)
        {
            var past = PastOf(operation.Session);
            var (key, versions) = operation.Observations[0];
            var author = past.Writes(operation.Session);
            if (versions[0] < author.Written[key])
            {
                Violations.Add(new Violation(Guarantee.MonotonicWrites, index, key, versions[0], author.Written[key]));
            }

            if (versions[0] < author.Seen[key])
            {
                Violations.Add(new Violation(Guarantee.WritesFollowReads, index, key, versions[0], author.Seen[key]));
            }

            _authors[(key, versions[0])] = author;
        }
    }
}
