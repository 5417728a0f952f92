using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>Seeded histories of registers.</summary>
internal static class RandomRegisters
{
    /// <summary>Answers out of thin air, few values, much overlap: about as often right as wrong.</summary>
    public static List<RegisterOperation> Arbitrary(int seed, int operations, int keys)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, operations).Select(_ =>
        {
            var invoked = TimeSpan.FromTicks(random.Next(operations * 3));
            return new RegisterOperation
            {
                Key = random.Next(keys),
                Action = (RegisterAction)random.Next(1, 4),
                Value = Value(random),
                Expected = Value(random),
                Refused = random.Next(3) == 0,
                Invoked = invoked,
                Completed = random.Next(5) == 0 ? null : invoked + TimeSpan.FromTicks(random.Next(operations * 2)),
            };
        })];
    }

    /// <summary>
    /// What a true register answers to clients that each wait for their answer. Each operation takes effect at a random time between its
    /// invocation and its completion; some of unknown outcome after their callers gave up, or never.
    /// </summary>
    public static List<RegisterOperation> Simulated(int seed, int operations, int clients, int values, double unknown)
    {
        var random = new Random(seed);
        var free = new TimeSpan[clients];
        var planned = Enumerable.Range(0, operations).Select(i =>
        {
            var client = i % clients;
            var invoked = free[client] + TimeSpan.FromTicks(1 + random.Next(100));
            var effect = invoked + TimeSpan.FromTicks(1 + random.Next(1_000));
            free[client] = effect + TimeSpan.FromTicks(1 + random.Next(1_000));
            return (Effect: effect, Operation: new RegisterOperation
            {
                Process = client,
                Action = (RegisterAction)random.Next(1, 4),
                Value = random.Next(values),
                Expected = random.Next(values),
                Invoked = invoked,
                Completed = random.NextDouble() < unknown ? null : free[client],
            });
        }).OrderBy(static planned => planned.Effect).ToList();

        long? held = null;
        return [.. planned.Select(planned =>
        {
            var operation = planned.Operation;
            var matches = held == operation.Expected;
            var was = held;
            var isNever = operation.Completed is null && random.Next(2) == 0;
            held = !isNever && (operation.Action == RegisterAction.Write || (operation.Action == RegisterAction.CompareAndSet && matches)) ? operation.Value : held;
            return operation.Action switch
            {
                RegisterAction.Read => operation with { Value = was, Expected = null },
                RegisterAction.Write => operation with { Expected = null },
                _ => operation with { Refused = operation.Completed is not null && !matches },
            };
        }).OrderBy(static operation => operation.Invoked)];
    }

    private static long? Value(Random random) => random.Next(4) is > 0 and var value ? value : null;
}
