using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>A read whose answer somebody awaits.</summary>
internal sealed class AwaitedPointRead<TEntity, TKey>(TKey key, EngineRuntime runtime, CancellationToken cancellationToken)
    : PointRead<TEntity, TKey>(key, cancellationToken)
    where TEntity : class
    where TKey : notnull
{
    private readonly TaskCompletionSource _ended = runtime.NewCompletion();
    private StoreRead<TEntity?> _answer;
    private Exception? _error;

    public async Task<StoreRead<TEntity?>> AnswerAsync()
    {
        await _ended.Task.ConfigureAwait(false);
        return _error is null ? _answer : throw _error;
    }

    public override void Answered(in StoreRead<TEntity?> answer, bool mayGoOnHere)
    {
        _answer = answer;
        runtime.Complete(_ended);
    }

    public override void Failed(Exception error)
    {
        _error = error;
        runtime.Complete(_ended);
    }
}
