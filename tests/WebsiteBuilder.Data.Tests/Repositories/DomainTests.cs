using System.Data.Common;

namespace WebsiteBuilder.Data.Tests.Repositories;

/// <summary>What the domain's types decide without a store.</summary>
public sealed class DomainTests
{
    private static readonly Territory Home = Territory.Parse("home");
    private static readonly User Buyer = new() { Key = new UserKey(Home, Guid.NewGuid()), Email = "b", CreatedAt = default, UpdatedAt = default };

    [Fact]
    public void Money_adds_up_within_its_currency_and_its_range()
    {
        var price = new Money(1_999, "USD");

        Assert.Equal(new Money(6_247, "USD"), (price * 3) + new Money(250, "USD"));
        Assert.Equal("1999 USD", price.ToString());
        Assert.Throws<InvalidOperationException>(() => price + new Money(1, "EUR"));
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue, "USD") + price);
        Assert.Throws<OverflowException>(() => new Money(long.MaxValue, "USD") * 2);
        Assert.Throws<InvalidOperationException>(() => default(Money).Currency);
    }

    [Theory]
    [InlineData("usd")]
    [InlineData("US")]
    [InlineData("USDT")]
    [InlineData("ÜSD")]
    public void A_currency_is_three_letters(string currency) => Assert.Throws<ArgumentException>(() => new Money(1, currency));

    [Fact]
    public void Enumerations_are_stored_by_name_and_unknown_names_are_read_as_unspecified()
    {
        Assert.Equal("past_due", EnumColumns.Text(SubscriptionStatus.PastDue));
        Assert.Equal(SubscriptionStatus.PastDue, EnumColumns.Value<SubscriptionStatus>("past_due"));
        Assert.Equal(SubscriptionStatus.Unspecified, EnumColumns.Value<SubscriptionStatus>("paused"));
        Assert.Throws<ArgumentException>(() => EnumColumns.Text(SubscriptionStatus.Unspecified));
        Assert.Throws<ArgumentException>(() => EnumColumns.Text((SubscriptionStatus)99));
        Assert.Throws<ArgumentException>(() => Query.All<Order>().Where(OrderMap.Status, OrderStatus.Unspecified));
        Assert.NotNull(Query.All<Order>().Where(OrderMap.Status, OrderStatus.Paid));
    }

    [Fact]
    public void A_registry_takes_all_entities_once()
    {
        var registry = new EntityRegistry();
        registry.AddWebsiteBuilder();

        Assert.Throws<ArgumentException>(registry.AddWebsiteBuilder);
        Assert.Throws<ArgumentException>(() => registry.Add(OrderMap.Map));
    }

    [Fact]
    public void A_job_waits_twice_as_long_after_each_failure_up_to_the_longest()
    {
        var policy = new JobPolicy { FirstDelay = TimeSpan.FromSeconds(4), MaxDelay = TimeSpan.FromSeconds(60) };
        var job = new Job { Key = new JobKey(Home, Guid.NewGuid()), Queue = "q", Kind = "k", Status = JobStatus.Running, MaxAttempts = 1_000, CreatedAt = default };
        foreach (var (attempts, most) in new[] { (1, 4), (2, 8), (3, 16), (5, 60), (1_000, 60) })
        {
            Assert.InRange(policy.DelayAfter(job with { Attempts = attempts }).TotalSeconds, most / 2.0, most);
        }
    }

    [Theory]
    [InlineData(0.9, 10, 5, 3_600)]
    [InlineData(86_401, 10, 5, 3_600)]
    [InlineData(30, 0, 5, 3_600)]
    [InlineData(30, 1_001, 5, 3_600)]
    [InlineData(30, 10, -1, 3_600)]
    [InlineData(30, 10, 5, 4)]
    [InlineData(30, 10, 5, 604_801)]
    public void A_policy_out_of_range_is_refused(double lease, int attempts, double first, double most)
    {
        var policy = new JobPolicy
        {
            Lease = TimeSpan.FromSeconds(lease),
            MaxAttempts = attempts,
            FirstDelay = TimeSpan.FromSeconds(first),
            MaxDelay = TimeSpan.FromSeconds(most),
        };

        Assert.Throws<ArgumentOutOfRangeException>(() => new JobQueue(new NoSession(), TimeProvider.System, Home, "q", policy));
    }

    [Fact]
    public async Task What_a_queue_can_not_do_is_refused_before_anything_is_asked()
    {
        var queue = new JobQueue(new NoSession(), TimeProvider.System, Home, "q");
        var strange = new Job { Key = new JobKey(Home, Guid.NewGuid()), Queue = "other", Kind = "k", Status = JobStatus.Running, MaxAttempts = 1, CreatedAt = default };

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.ClaimAsync(0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.ClaimAsync(JobQueue.MaxClaim + 1));
        await Assert.ThrowsAsync<ArgumentException>(() => queue.CompleteAsync(strange));
        await Assert.ThrowsAsync<ArgumentException>(() => queue.FailAsync(strange, "e"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            new JobWorker(queue, TimeProvider.System, static (_, _) => Task.FromResult<JobEffects?>(null), new JobWorkerPolicy { Concurrency = 0 }).RunAsync(default));
    }

    [Fact]
    public async Task An_order_whose_parts_do_not_belong_together_is_refused_before_anything_is_asked()
    {
        var (order, line, charge) = Purchase();
        var orders = new Orders(new NoSession(), TimeProvider.System);

        await Assert.ThrowsAsync<NotSupportedException>(() => orders.PlaceAsync(order, [line], charge));
        await Assert.ThrowsAsync<ArgumentException>("order", () => orders.PlaceAsync(order with { Status = OrderStatus.Paid }, [line], charge));
        await Assert.ThrowsAsync<ArgumentException>("order", () => orders.PlaceAsync(order with { ChargesMinorUnits = 1 }, [line], charge));
        await Assert.ThrowsAsync<ArgumentException>("lines", () => orders.PlaceAsync(order, [], charge));
        await Assert.ThrowsAsync<ArgumentException>("lines", () => orders.PlaceAsync(order, [line with { Key = new OrderLineKey(order.Key with { Id = Guid.NewGuid() }, 1) }], charge));
        await Assert.ThrowsAsync<ArgumentException>("charge", () => orders.PlaceAsync(order, [line], null));
        await Assert.ThrowsAsync<ArgumentException>("charge", () => orders.PlaceAsync(order, [line], charge with { Amount = new Money(1, "USD") }));
        await Assert.ThrowsAsync<ArgumentException>("charge", () => orders.PlaceAsync(order, [line], charge with { OrderId = null }));
        await Assert.ThrowsAsync<ArgumentException>("charge", () => orders.PlaceAsync(order, [line], charge with { Kind = FinancialTransactionKind.Refund }));
    }

    [Fact]
    public void Orders_go_forward_only()
    {
        var all = Enum.GetValues<OrderStatus>();
        var allowed = all.SelectMany(from => all.Where(to => Orders.MayGo(from, to)).Select(to => (from, to))).ToArray();

        Assert.Equal(7, allowed.Length);
        Assert.All(allowed, static step => Assert.True(step.from < step.to));
        Assert.DoesNotContain(allowed, static step => step.from is OrderStatus.Unspecified or OrderStatus.Cancelled or OrderStatus.Refunded);
    }

    private static (Order Order, OrderLine Line, FinancialTransaction Charge) Purchase()
    {
        var key = new OrderKey(Home, Guid.NewGuid());
        var total = new Money(200, "USD");
        return (
            new Order { Key = key, UserId = Buyer.Key.Id, Total = total, CreatedAt = default, UpdatedAt = default },
            new OrderLine { Key = new OrderLineKey(key, 1), Sku = "s", Quantity = 2, UnitPrice = new Money(100, "USD") },
            new FinancialTransaction
            {
                Key = new FinancialTransactionKey(Home, Guid.NewGuid()),
                UserId = Buyer.Key.Id,
                OrderId = key.Id,
                Kind = FinancialTransactionKind.Charge,
                Amount = total,
                CreatedAt = default,
            });
    }

    /// <summary>Answers nothing.</summary>
    private sealed class NoSession : IDataSession
    {
        public SessionToken Token => default;

        public void Merge(SessionToken other) => throw new NotSupportedException();

        public IRepository<TEntity, TKey> Repository<TEntity, TKey>()
            where TEntity : class
            where TKey : notnull => throw new NotSupportedException();

        public Task<WriteResult> RunUnitOfWorkAsync(
            string dataSet, Func<IUnitOfWork, CancellationToken, Task> body, UnitOfWorkOptions? options = null, Territory territory = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public DbDataSource CreateDataSource(
            string dataSet, OperationIntent intent, ReadOptions? options = null, Territory territory = default, WriteOptions? writeOptions = null) => throw new NotSupportedException();
    }
}
