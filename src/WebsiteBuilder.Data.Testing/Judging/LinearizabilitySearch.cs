namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>When an operation ran; no completion if its outcome isn't known.</summary>
internal readonly record struct Call(TimeSpan Invoked, TimeSpan? Completed);

/// <summary>A model of one object: the state after an operation, or that its answer doesn't fit the state.</summary>
internal delegate bool Model<TState>(TState state, int operation, out TState next);

/// <summary>
/// Looks for an order of overlapping operations that a sequential model allows: Wing and Gong's search over the list of invocations and
/// completions, with Lowe's memory of configurations (placed operations and state) that lead nowhere.
/// </summary>
/// <remarks>
/// Two things are ours. An operation that never changes a state, such as a read, is placed as soon as it fits: whatever order exists, it
/// exists with that operation moved here, so there is nothing to come back to. An operation of unknown outcome has no completion in the list:
/// nothing waits for it; it is tried only where it changes the state, and of equal ones only the first.
/// </remarks>
internal sealed class LinearizabilitySearch<TState>
    where TState : notnull
{
    private readonly TState _initial;
    private readonly Model<TState> _model;
    private readonly int[] _twins;
    private readonly bool[] _isPure;
    private readonly int[] _operations;
    private readonly int _known;
    private readonly EventList _events;
    private readonly LinearizedSet _placed;
    private readonly HashSet<(TState State, ulong[] Placed)> _tried = new(Configurations.Instance);
    private readonly int[] _order;
    private readonly TState[] _before;
    private readonly int[] _best;
    private int _count;
    private int _bestCount;

    /// <param name="initial">The state at the beginning.</param>
    /// <param name="model">The model; it is asked about indices of <paramref name="calls"/>.</param>
    /// <param name="calls">The operations.</param>
    /// <param name="isPure">Whether an operation leaves every state that it fits as it is.</param>
    /// <param name="twin">For an operation of unknown outcome something that equal ones share.</param>
    public LinearizabilitySearch(TState initial, Model<TState> model, IReadOnlyList<Call> calls, Func<int, bool> isPure, Func<int, object> twin)
    {
        _initial = initial;
        _model = model;
        _operations = [.. Enumerable.Range(0, calls.Count).OrderBy(i => calls[i].Completed is null).ThenBy(i => calls[i].Invoked).ThenBy(static i => i)];
        _known = calls.Count(static call => call.Completed is not null);
        _events = new EventList([.. _operations.Select(i => calls[i])], _known);
        _placed = new LinearizedSet(_known, calls.Count - _known);
        _twins = Twins(twin);
        _isPure = [.. _operations.Select(isPure)];
        _order = new int[calls.Count];
        _before = new TState[calls.Count];
        _best = new int[calls.Count];
    }

    /// <summary>How often the model was asked.</summary>
    public long Steps { get; private set; }

    /// <summary>The order that was found, or the best one.</summary>
    public IReadOnlyList<int> Order => [.. _best.Take(_bestCount).Select(operation => _operations[operation])];

    /// <summary>The operation whose completion no order gets past; -1 if there is none, or nobody knows.</summary>
    public int Contradiction { get; private set; } = -1;

    /// <summary>The states in which orders ended there, as they were found.</summary>
    public List<TState> States { get; } = [];

    public Linearizability Run(long budget)
    {
        var state = _initial;
        var furthest = -1;
        var (entry, isPure) = (_events.First, true);
        while (_events.Pending > 0)
        {
            if (Steps >= budget)
            {
                return Linearizability.Unknown;
            }

            if (_events.IsInvocation(entry))
            {
                (entry, isPure) = Place(entry, isPure, ref state) ? (_events.First, true) : (_events.Next(entry), isPure);
            }
            else if (isPure)
            {
                (entry, isPure) = (_events.First, false);
            }
            else
            {
                Remember(_events.OperationOf(entry), state, ref furthest);
                if (!Back(ref state, out entry))
                {
                    Contradiction = _operations[furthest];
                    return Linearizability.Violated;
                }
            }
        }

        Keep();
        return Linearizability.Linearizable;
    }

    /// <summary>Places an operation if it fits: in the first round of a configuration those that never change a state, then the others.</summary>
    private bool Place(int operation, bool isPure, ref TState state)
    {
        var isUnknown = operation >= _known;
        if (isPure != _isPure[operation] || (isUnknown && (isPure || (_twins[operation] >= 0 && !_placed.Contains(_twins[operation])))))
        {
            return false;
        }

        Steps++;
        if (!_model(state, _operations[operation], out var next) || (isUnknown && EqualityComparer<TState>.Default.Equals(state, next)))
        {
            return false;
        }

        _placed.Add(operation);
        if (!isPure && !_tried.Add((next, _placed.Key())))
        {
            _placed.Remove(operation);
            return false;
        }

        _order[_count] = operation;
        _before[_count++] = state;
        _events.Lift(operation);
        state = next;
        return true;
    }

    /// <summary>Takes back the last operation that was a choice.</summary>
    private bool Back(ref TState state, out int entry)
    {
        while (_count > 0)
        {
            var last = _order[--_count];
            state = _before[_count];
            _placed.Remove(last);
            _events.Unlift(last);
            if (!_isPure[last])
            {
                entry = _events.Next(last);
                return true;
            }
        }

        entry = -1;
        return false;
    }

    private void Remember(int blocked, TState state, ref int furthest)
    {
        var further = furthest < 0 ? 1 : _events.CompareCompletions(blocked, furthest);
        if (further > 0)
        {
            States.Clear();
        }

        if (further < 0)
        {
            return;
        }

        furthest = blocked;
        if (!States.Contains(state))
        {
            States.Add(state);
        }

        if (further > 0 || _count > _bestCount)
        {
            Keep();
        }
    }

    private void Keep()
    {
        Array.Copy(_order, _best, _count);
        _bestCount = _count;
    }

    /// <summary>For each operation of unknown outcome the equal one before it.</summary>
    private int[] Twins(Func<int, object> twin)
    {
        var last = new Dictionary<object, int>();
        var twins = new int[_operations.Length];
        for (var i = _known; i < twins.Length; i++)
        {
            var key = twin(_operations[i]);
            twins[i] = last.GetValueOrDefault(key, -1);
            last[key] = i;
        }

        return twins;
    }

    private sealed class Configurations : IEqualityComparer<(TState State, ulong[] Placed)>
    {
        public static readonly Configurations Instance = new();

        public bool Equals((TState State, ulong[] Placed) x, (TState State, ulong[] Placed) y) =>
            EqualityComparer<TState>.Default.Equals(x.State, y.State) && x.Placed.AsSpan().SequenceEqual(y.Placed);

        public int GetHashCode((TState State, ulong[] Placed) obj) => HashCode.Combine(obj.State, LinearizedSet.Hash(obj.Placed));
    }
}
