using System.Data;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Runs units of work.</summary>
internal static class UnitsOfWork
{
    public static Task<WriteResult> RunAsync(
        UnitScope scope, Func<IUnitOfWork, CancellationToken, Task> body, UnitOfWorkOptions options, CancellationToken cancellationToken)
    {
        var engine = scope.Tier.Engines[scope.Shard];
        if (!engine.Has<ITransactionStore>())
        {
            throw new NotSupportedException("The shard's store has no transactions; use repositories.");
        }

        var intent = Intents.Resolve(options, scope.Tier.Defaults);
        if (options.IdempotencyKey is { } key)
        {
            intent = intent with { Key = IdempotencyKeys.UnitOfWork(engine.Name, key) };
        }

        var settings = new TransactionSettings(Isolation(options), intent.Timeout, options.ReplaySafe, TakesDurabilityOfData: options.Durability is null or WriteDurability.Unspecified);
        var operation = new TransactionOperation(engine, scope.Session, (run, token) => body(new UnitOfWork(run, scope), token), settings);
        return new WriteExecution<TransactionOperation>(engine, operation, scope.Session, intent, cancellationToken).RunAsync();
    }

    private static IsolationLevel Isolation(UnitOfWorkOptions options) => (options.Isolation ?? IsolationLevel.Unspecified) switch
    {
        IsolationLevel.Unspecified => IsolationLevel.ReadCommitted,
        IsolationLevel.ReadCommitted or IsolationLevel.RepeatableRead or IsolationLevel.Serializable => options.Isolation!.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Isolation, "Isolation must be read committed, repeatable read or serializable."),
    };
}
