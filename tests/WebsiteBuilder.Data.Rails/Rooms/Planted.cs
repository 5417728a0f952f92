using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using WebsiteBuilder.Data.Rails.Rooms.Planted.Execution;
using WebsiteBuilder.Data.Rails.Rooms.Planted.Runtime;

// Code that breaks the rules on purpose, to show that the rails see it. Nothing runs it.
#pragma warning disable CA1001, CA1852, CS0169, CS0649 // Its fields are never set or used, its types never derived from or disposed.
namespace WebsiteBuilder.Data.Rails.Rooms.Planted
{
    internal sealed class CacheSettings;

    internal sealed class Lost;
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Attic
{
    internal sealed class Box;
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Runtime
{
    internal sealed class Clock(TimeProvider time)
    {
        public TaskCompletionSource NewCompletion() => new();

        public Task Delay(TimeSpan span) => Task.Delay(span, time);

        public long Now() => Stopwatch.GetTimestamp();
    }
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Execution
{
    internal class AttemptLoop
    {
        private readonly Routing.RoutePlanner? _below;

        public int Tries => _below is null ? 0 : 1;

        public static string Leak() => new NpgsqlConnection().ConnectionString;

        public static async Task KeptAsync(Clock clock, TimeProvider time)
        {
            TaskCompletionSource completion = clock.NewCompletion();
            completion.TrySetResult();
            await completion.Task.WaitAsync(TimeSpan.Zero, time);
            using var deadline = new CancellationTokenSource(TimeSpan.Zero, time);
            using var plain = new CancellationTokenSource();
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
            await Task.WhenAll(Task.CompletedTask);
        }
    }

    internal static class Around
    {
        public static object[] Synchronous() =>
        [
            new TaskCompletionSource(), new TaskCompletionSource<int>(), Channel.CreateUnbounded<int>(), Task.Run(static () => { }),
            Task.Factory.StartNew(static () => { }), ThreadPool.ThreadCount, new Timer(static _ => { }),
            Parallel.For(0, 1, static _ => { }), Guid.NewGuid(), Environment.TickCount64, Stopwatch.GetTimestamp(), DateTime.UtcNow,
            DateTimeOffset.UtcNow, TimeProvider.System, Random.Shared, new CancellationTokenSource(5),
        ];

        public static async Task AsynchronousAsync(SemaphoreSlim gate)
        {
            await gate.WaitAsync();
            await Task.Yield();
            await Task.Delay(1);
        }
    }
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Routing
{
    internal sealed class RoutePlanner
    {
        private readonly AttemptLoop? _asField;

        public static void AsParameter(AttemptLoop? loop)
        {
        }

        public static List<AttemptLoop[]>? AsArgument() => null;

        public static object InBody(object any) => ((AttemptLoop)any).Tries;

        public static void AsConstraint<T>()
            where T : AttemptLoop
        {
        }

        public static Func<object> InLambda() => static () => new AttemptLoop();

        public static void Seams(Clock clock)
        {
        }

        public static Task Later() => Task.CompletedTask;

        public static int Roll(Random random) => random.Next();

        public static DateTimeOffset When(TimeProvider time) => time.GetUtcNow();

        public static bool Say(ILogger log) => log.IsEnabled(LogLevel.Debug);
    }
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Sessions
{
    internal sealed class Advance : List<CacheSettings>;
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Stores.MongoDb
{
    internal class Driver;
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Stores.PostgreSql
{
    internal sealed class Mongo : MongoDb.Driver;

    internal sealed class Endpoint
    {
        private readonly SemaphoreSlim _gate = new(1);

        public NpgsqlConnection Open() => _gate.CurrentCount == 0 ? throw new InvalidOperationException() : new NpgsqlConnection();
    }
}

namespace WebsiteBuilder.Data.Rails.Rooms.Planted.Client
{
    internal static class Composition
    {
        public static (TimeProvider Time, Random Random) Defaults() => (TimeProvider.System, new Random());
    }
}
