using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>A read of one key that waits for others on their way.</summary>
internal sealed class PointRead<TEntity, TKey>(TKey key, ReadGuard guard, TimeSpan askedAt, TaskCompletionSource completion, CancellationToken cancellationToken)
    where TEntity : class
    where TKey : notnull
{
    private StoreRead<TEntity?> _answer;
    private Exception? _error;

    public TKey Key { get; } = key;

    public ReadGuard Guard { get; } = guard;

    public TimeSpan AskedAt { get; } = askedAt;

    public TaskCompletionSource Completion { get; } = completion;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    public async Task<StoreRead<TEntity?>> AnswerAsync()
    {
        await Completion.Task.ConfigureAwait(false);
        return _error is null ? _answer : throw _error;
    }

    /// <summary>Notes the answer; completing tells the caller.</summary>
    public void Answered(in StoreRead<TEntity?> answer) => _answer = answer;

    /// <inheritdoc cref="Answered"/>
    public void Failed(Exception error) => _error = error;
}
