using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public class ConnectionBudgetTests
{
    /// <summary>Pools that behave as the driver's: they open when none is idle, keep what comes back, and close what is older than the last clearing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_pools_are_used_no_more_connections_are_open_than_the_ceiling(int seed)
    {
        const int Most = 7;
        var random = new Random(seed);
        var budget = new ConnectionBudget(Most);
        var pools = Enumerable.Range(0, 4).Select(_ => new Pool(budget)).ToArray();
        var (highest, refused) = (0, 0);
        for (var i = 0; i < 5_000; i++)
        {
            var pool = pools[random.Next(pools.Length)];
            if (random.Next(2) == 0 && pool.InUse.Count > 0)
            {
                pool.Return(budget);
            }
            else if (!await pool.TryOpenAsync(budget))
            {
                refused++;
                Assert.Equal(Most, pools.Sum(static other => other.InUse.Count));
            }

            highest = Math.Max(highest, pools.Sum(static other => other.Open));
            Assert.InRange(pools.Sum(static other => other.Open), 0, Most);
        }

        Assert.Equal(Most, highest);
        Assert.True(refused > 0);
    }

    [Fact]
    public async Task A_pool_that_is_used_alone_keeps_what_it_has_open()
    {
        var budget = new ConnectionBudget(2);
        var pool = new Pool(budget);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(await pool.TryOpenAsync(budget));
            pool.Return(budget);
        }

        Assert.Equal((1, 0), (pool.Open, pool.Cleared));
    }

    private sealed class Pool
    {
        private readonly ConnectionBudget.Share _share;
        private int _idle;

        public Pool(ConnectionBudget budget) => _share = budget.Join(() =>
        {
            _idle = 0;
            Cleared++;
        });

        public Queue<int> InUse { get; } = new();

        public int Cleared { get; private set; }

        public int Open => _idle + InUse.Count;

        public async Task<bool> TryOpenAsync(ConnectionBudget budget)
        {
            if (!await budget.TryTakeAsync(_share, TimeSpan.Zero, default))
            {
                return false;
            }

            _idle = Math.Max(0, _idle - 1);
            InUse.Enqueue(Cleared);
            return true;
        }

        public void Return(ConnectionBudget budget)
        {
            if (InUse.Dequeue() == Cleared)
            {
                _idle++;
            }

            budget.Release(_share);
        }
    }
}
