using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>
/// Sixteen workers on three processes and fifty keys. Most workers carry a session of their own from process to process as text; two pairs
/// share one, so that its operations overlap. Now and then a session takes over what another one has seen.
/// </summary>
public sealed class Workload(JudgedWorld world, ReadOptions reads, int seed, int operations)
{
    private const int Workers = 16;
    private const int FirstShared = 12;

    private readonly Current[] _current = new Current[Workers];
    private int _sessions;
    private int _values;

    /// <summary>A session and where it is right now.</summary>
    private sealed record Current(int Number, int Process, IDataSession Session);

    public async Task<IReadOnlyList<Attempt>> RunAsync()
    {
        for (var worker = 0; worker < Workers; worker++)
        {
            _current[worker] = worker > FirstShared && worker % 2 == 1 ? _current[worker - 1] : Open(worker % world.Clients.Count);
        }

        var attempts = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(worker))));
        return [.. attempts.SelectMany(static list => list)];
    }

    private async Task<List<Attempt>> WorkAsync(int worker)
    {
        var random = new Random((seed * 1_000) + worker);
        var attempts = new List<Attempt>();
        var done = 0;
        while (done < operations / Workers)
        {
            var key = random.Next(JudgedWorld.Keys);
            switch (random.Next(100))
            {
                case < 40:
                    attempts.Add(await FindAsync(worker, key));
                    done++;
                    break;
                case < 52:
                    attempts.Add(await FindManyAsync(worker, [.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => random.Next(JudgedWorld.Keys)).Distinct()]));
                    done++;
                    break;
                case < 56:
                    attempts.Add(await QueryAsync(worker, [.. Enumerable.Range(random.Next(JudgedWorld.Keys - 5), 5)]));
                    done++;
                    break;
                case < 78:
                    attempts.Add(await WriteAsync(worker, "upsert", key, Next(), (rows, row) => rows.UpsertAsync(row)));
                    done++;
                    break;
                case < 82:
                    // A delete has no value to know it by: each key is deleted by one worker only.
                    var own = worker + (Workers * random.Next(JudgedWorld.Keys / Workers));
                    attempts.Add(await WriteAsync(worker, "delete", own, null, (rows, row) => rows.DeleteAsync(row.Id)));
                    done++;
                    break;
                case < 94:
                    done += await ReadAndUpdateAsync(worker, key, attempts);
                    break;
                case < 97:
                    attempts.Add(Merge(worker, random.Next(Workers)));
                    break;
                default:
                    HandOver(worker, random);
                    break;
            }
        }

        return attempts;
    }

    private long Next() => Interlocked.Increment(ref _values);

    private Current Open(int process) =>
        new(Interlocked.Increment(ref _sessions) - 1, process, world.Clients[process].OpenSession());

    private async Task<int> ReadAndUpdateAsync(int worker, int key, List<Attempt> attempts)
    {
        Judged? row = null;
        attempts.Add(await FindAsync(worker, key, found => row = found));
        if (row is null)
        {
            return 1;
        }

        attempts.Add(await WriteAsync(worker, "update", key, Next(), (rows, next) => rows.UpdateAsync(next, expectedVersion: row.Version)));
        return 2;
    }

    private Task<Attempt> FindAsync(int worker, int key, Action<Judged?>? found = null) => ReadAsync(worker, "find", [key], async rows =>
    {
        var answer = await rows.FindAsync(key, reads);
        found?.Invoke(answer.Value);
        return new ReadResult<IReadOnlyList<Judged>>(answer.Value is { } row ? [row] : [], answer.Region, answer.Source, answer.Age, answer.Reason)
        {
            Endpoint = answer.Endpoint,
        };
    });

    private Task<Attempt> FindManyAsync(int worker, IReadOnlyList<int> keys) =>
        ReadAsync(worker, "find many", keys, async rows => await rows.FindManyAsync([.. keys.Select(static key => (long)key)], reads));

    private Task<Attempt> QueryAsync(int worker, IReadOnlyList<int> keys) => ReadAsync(worker, "query", keys, async rows =>
    {
        var query = Query.All<Judged>().Where(JudgedMap.Id, Comparison.GreaterOrEqual, keys[0]).Where(JudgedMap.Id, Comparison.LessOrEqual, keys[^1]);
        var found = new List<Judged>();
        await foreach (var row in rows.QueryAsync(query, reads))
        {
            found.Add(row);
        }

        return new ReadResult<IReadOnlyList<Judged>>(found, default, AnswerSource.Unspecified, null, RouteReason.None);
    });

    private async Task<Attempt> ReadAsync(
        int worker, string name, IReadOnlyList<int> keys, Func<IRepository<Judged, long>, Task<ReadResult<IReadOnlyList<Judged>>>> read)
    {
        var current = _current[worker];
        var attempt = new Attempt
        {
            Name = name,
            Session = current.Number,
            Process = current.Process,
            Kind = OperationKind.Read,
            Keys = keys,
            Invoked = world.Clock.Now,
        };
        var call = ArrivalClock.Watch();
        try
        {
            var answer = await read(current.Session.Repository<Judged, long>());
            var values = answer.Value.ToDictionary(static row => row.Id, static row => row.Value);
            return attempt with
            {
                Arrived = world.Clock.ArrivalOf(call),
                Completed = world.Clock.Now,
                Values = [.. keys.Select(key => values.TryGetValue(key, out var value) ? value : (long?)null)],
                Endpoint = answer.Endpoint,
                Source = answer.Source,
                Age = answer.Age,
                Reason = answer.Reason,
            };
        }
        catch (DataTierException error)
        {
            return attempt with { Completed = world.Clock.Now, Error = error };
        }
    }

    private async Task<Attempt> WriteAsync(
        int worker, string name, int key, long? value, Func<IRepository<Judged, long>, Judged, Task<WriteResult>> write)
    {
        var current = _current[worker];
        var attempt = new Attempt
        {
            Name = name,
            Session = current.Number,
            Process = current.Process,
            Kind = OperationKind.Write,
            Keys = [key],
            Values = [value],
            Invoked = world.Clock.Now,
        };
        try
        {
            await write(current.Session.Repository<Judged, long>(), new Judged(key, value ?? 0));
            return attempt with { Completed = world.Clock.Now };
        }
        catch (DataTierException error)
        {
            return attempt with { Completed = world.Clock.Now, Error = error };
        }
    }

    private Attempt Merge(int worker, int from)
    {
        var (mine, other) = (_current[worker], Volatile.Read(ref _current[from]));
        var invoked = world.Clock.Now;
        mine.Session.Merge(SessionToken.Parse(other.Session.Token.ToString()));
        return new Attempt
        {
            Name = "merge",
            Session = mine.Number,
            Process = mine.Process,
            Kind = OperationKind.Merge,
            Other = other.Number,
            Invoked = invoked,
            Completed = world.Clock.Now,
        };
    }

    /// <summary>Goes on in another process with nothing but the token's text, or begins a new session. Shared sessions stay.</summary>
    private void HandOver(int worker, Random random)
    {
        if (worker >= FirstShared)
        {
            return;
        }

        var current = _current[worker];
        var process = random.Next(world.Clients.Count);
        Volatile.Write(ref _current[worker], random.Next(4) == 0
            ? Open(process)
            : current with { Process = process, Session = world.Clients[process].OpenSession(SessionToken.Parse(current.Session.Token.ToString())) });
    }
}
