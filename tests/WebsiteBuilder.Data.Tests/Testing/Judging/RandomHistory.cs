using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>Seeded histories: of a store that keeps everything, and of none at all.</summary>
public static class RandomHistory
{
    /// <summary>
    /// What a single store with one clock would answer to interleaved sessions: nothing to find. Sessions overlap, merge each other, read
    /// several keys at once, and delete.
    /// </summary>
    public static List<Operation> Flawless(int seed, int operations, int sessions, int keys)
    {
        var random = new Random(seed);
        var versions = new long[keys];
        var deleted = Enumerable.Range(0, keys).Select(static _ => new List<long>()).ToArray();
        var gone = new bool[keys];
        var free = new TimeSpan[sessions];
        var history = new List<Operation>();
        for (var i = 0; i < operations; i++)
        {
            // The store acts at the middle of each operation; what happens there happens in this order.
            var at = TimeSpan.FromMicroseconds(10 * i);
            var session = random.Next(sessions);
            var operation = new Operation
            {
                Session = session,
                Kind = Kind(random),
                Other = random.Next(sessions),
                Invoked = Max(free[session], at - TimeSpan.FromMicroseconds(random.Next(100))),
                Completed = at + TimeSpan.FromMicroseconds(random.Next(100)),
            };
            if (operation.Invoked > at)
            {
                continue;
            }

            free[session] = operation.Completed;
            var key = random.Next(keys);
            switch (operation.Kind)
            {
                case OperationKind.Write:
                    gone[key] = random.Next(5) == 0;
                    versions[key]++;
                    if (gone[key])
                    {
                        deleted[key].Add(versions[key]);
                    }

                    history.Add(operation with { Observations = [new Observation(key, versions[key])], Acknowledged = random.Next(20) > 0 });
                    break;
                case OperationKind.Read:
                    history.Add(operation with
                    {
                        Observations = [.. Enumerable.Range(0, keys).Where(other => other == key || random.Next(8) == 0).Select(other =>
                            gone[other] ? new Observation(other, [.. deleted[other]]) : new Observation(other, versions[other]))],
                    });
                    break;
                default:
                    history.Add(operation);
                    break;
            }
        }

        return history;
    }

    /// <summary>Versions out of thin air: nearly every guarantee is broken somewhere.</summary>
    public static List<Operation> Arbitrary(int seed, int operations, int sessions, int keys) =>
        Arbitrary(seed, operations, sessions, keys, shards: 1, losses: 0);

    /// <summary>The same with keys dealt out to shards, and that share of versions lost; then sessions forget, and operations fail, too.</summary>
    public static List<Operation> Arbitrary(int seed, int operations, int sessions, int keys, int shards, double losses)
    {
        var random = new Random(seed);
        var unused = Enumerable.Range(0, keys).Select(_ => Shuffled(random, operations)).ToArray();
        var lost = Enumerable.Range(0, operations + 1).Select(_ => random.NextDouble() < losses).ToArray();
        var history = new List<Operation>();
        for (var i = 0; i < operations; i++)
        {
            var invoked = TimeSpan.FromTicks(random.Next(operations * 4));
            var kind = losses > 0 && random.Next(8) == 0 ? OperationKind.Forget : Kind(random);
            var key = random.Next(keys);
            history.Add(new Operation
            {
                Session = random.Next(sessions),
                Kind = kind,
                Other = random.Next(sessions),
                Invoked = invoked,
                Completed = invoked + TimeSpan.FromTicks(random.Next(8)),
                Acknowledged = random.Next(8) > 0,
                Failure = losses > 0 && random.Next(12) == 0 ? "DeadlineExceededException" : null,
                Level = (ConsistencyLevel)random.Next(1, 5),
                Shard = key % shards,
                Observations = kind switch
                {
                    OperationKind.Write => [new Observation(key, Lost(unused[key].Dequeue()))],
                    OperationKind.Read =>
                    [
                        .. Enumerable.Range(0, keys)
                            .Where(other => other == key || (other % shards == key % shards && random.Next(3) == 0))
                            .Select(other => Seen(random, other, operations, Lost)),
                    ],
                    _ => [],
                },
            });
        }

        return history;

        long Lost(long version) => lost[version] ? Observation.FirstLost + version : version;
    }

    private static Observation Seen(Random random, int key, int operations, Func<long, long> number)
    {
        var versions = new SortedSet<long> { number(random.Next(operations)) };
        while (random.Next(4) == 0)
        {
            versions.Add(number(random.Next(operations)));
        }

        return new Observation(key, [.. versions]);
    }

    private static Queue<long> Shuffled(Random random, int count)
    {
        var versions = Enumerable.Range(1, count).Select(static version => (long)version).ToArray();
        random.Shuffle(versions);
        return new Queue<long>(versions);
    }

    private static OperationKind Kind(Random random) => random.Next(10) switch
    {
        < 5 => OperationKind.Read,
        < 9 => OperationKind.Write,
        _ => OperationKind.Merge,
    };

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
