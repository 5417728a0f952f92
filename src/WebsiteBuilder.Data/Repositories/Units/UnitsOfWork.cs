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
        if (!scope.Engine.Shard.Nodes.All(static node => node.Store is ITransactionStore))
        {
            throw new NotSupportedException("The shard's store has no transactions; use repositories.");
        }

        var intent = Intents.Resolve(options, scope.Tier.Defaults);
        if (options.IdempotencyKey is { } key)
        {
            intent = intent with { Key = IdempotencyKeys.UnitOfWork(scope.Engine.Shard.Definition.Name, key) };
        }

        var settings = new UnitSettings(Isolation(options), intent.Timeout, options.ReplaySafe, TakesDurabilityOfData: options.Durability is null or WriteDurability.Unspecified);
        return new WriteExecution<UnitOfWorkOperation>(scope.Engine, new UnitOfWorkOperation(scope, body, settings), scope.Session, intent, cancellationToken).RunAsync();
    }

    private static IsolationLevel Isolation(UnitOfWorkOptions options) => (options.Isolation ?? IsolationLevel.Unspecified) switch
    {
        IsolationLevel.Unspecified => IsolationLevel.ReadCommitted,
        IsolationLevel.ReadCommitted or IsolationLevel.RepeatableRead or IsolationLevel.Serializable => options.Isolation!.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Isolation, "Isolation must be read committed, repeatable read or serializable."),
    };
}

/// <summary>What a unit of work keeps, all defaults resolved.</summary>
/// <param name="Isolation">Of its transaction.</param>
/// <param name="Timeout">For the whole of it.</param>
/// <param name="ReplaySafe">Whether its body may run more than once.</param>
/// <param name="TakesDurabilityOfData">Whether the policies of what it writes may raise its durability.</param>
internal sealed record UnitSettings(IsolationLevel Isolation, TimeSpan Timeout, bool ReplaySafe, bool TakesDurabilityOfData);
